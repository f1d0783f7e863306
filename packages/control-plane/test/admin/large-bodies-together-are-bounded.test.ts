import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("many large bodies at once are told to come again, and room is made when their senders leave", async (t) => {
  const { fairlead, put } = await start(t);
  const { port } = new URL(fairlead.adminUrl);
  const open = () => {
    const socket = connect(Number(port), "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    socket.write(
      "PUT /v1/groups/g/resources HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
        "content-length: 67108864\r\n\r\n{",
    );
    return socket;
  };
  const sockets = [open(), open(), open(), open()];
  await until("no room is left", async () => (await put("probe", [cluster("a")])).status === 503);
  const refused = await put("g", [cluster("a")]);
  assert.equal(refused.body.code, "too-busy");
  assert.equal(refused.headers.get("retry-after"), "1");
  sockets[0]!.destroy();
  await until("there is room again", async () => (await put("g", [cluster("a")])).status === 200);
});
