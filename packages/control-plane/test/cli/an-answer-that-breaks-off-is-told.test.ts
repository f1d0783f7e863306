import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { runFairlead } from "../support/cli.ts";

test("an answer that breaks off is told as a server that went away, not as a defect", async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"nodes":[', () => response.destroy());
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await runFairlead(t, ["get", "nodes", "--admin", `127.0.0.1:${port}`]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error: no answer from the admin API at http:\/\/127\.0\.0\.1:\d+ \(.+\): is `fairlead serve` running\?/,
  );
});
