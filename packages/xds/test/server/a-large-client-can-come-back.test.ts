// protocol.md D1; reliability.md, "message in"
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { defaultHttp2Limits } from "../../src/server/http2/limits.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { endpoints } = TYPE_URLS;

test("a delta client of a large group names all that it has in its first message", async (t) => {
  const { cache, stream } = await startServer(t);
  const held = Array.from({ length: 6_000 }, (_, index) => resource(endpoints, `${"e".repeat(800)}${index}`));
  commit(cache, [...held, resource(endpoints, "new")]);
  const initialResourceVersions = new Map(held.map(({ name, version }) => [name, version]));
  let bytes = 0;
  for (const [name, version] of initialResourceVersions) bytes += name.length + version.length;
  assert.ok(bytes > defaultHttp2Limits.maxMessageBytes);

  const back = stream({ mode: "delta" });
  back.sendDelta({ typeUrl: endpoints, subscribe: ["*"], initialResourceVersions });
  assert.deepEqual(namesIn(await back.next(endpoints)), ["new"]);
});
