import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "../../src/grpc/status.ts";
import { listenWorkers } from "../../src/server/workers/listen-workers.ts";
import { rest } from "../support/rest-client.ts";

for (const [how, fail] of [
  ["throws", () => assert.fail("on purpose")],
  ["rejects", () => Promise.reject(new Error("on purpose"))],
] as const) {
  test(`a request whose handler ${how} in the engine's thread is answered 500, and that is told`, async (t) => {
    const faults: unknown[] = [];
    const options = { port: 0, onFault: (fault: unknown) => void faults.push(fault) };
    const handler = { onStream: () => status("UNIMPLEMENTED", "only REST"), onRequest: () => fail };
    const transport = await listenWorkers(options, 1, handler);
    t.after(() => transport.close());
    const answer = await rest(`127.0.0.1:${transport.address.port}`, "/v3/discovery:clusters", {});
    assert.equal(answer.status, 500);
    assert.deepEqual(
      faults.map((fault) => (fault as Error).message),
      ["on purpose"],
    );
  });
}
