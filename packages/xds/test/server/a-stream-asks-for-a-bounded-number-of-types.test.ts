// protocol.md C2
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusCode } from "../../src/grpc/status.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: the type after the 256th is refused`, async (t) => {
    const { cache, stream } = await startServer(t);
    const last = "type.googleapis.com/example.T256";
    commit(cache, [resource(last, "a")]);
    const ads = stream({ mode });
    for (let type = 1; type <= 256; type++) ads.subscribe(`type.googleapis.com/example.T${type}`, ["a"]);
    assert.deepEqual(namesIn(await ads.nextAcked(last)), ["a"]);
    ads.subscribe("type.googleapis.com/example.Other", ["a"]);
    const { code, message } = await ads.ended;
    assert.equal(code, StatusCode.INVALID_ARGUMENT);
    assert.match(message, /256 types/);
  });
}
