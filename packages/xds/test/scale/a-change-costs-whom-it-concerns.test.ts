import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer, startStreams } from "./processes.ts";

const STREAMS = 1_000;
const NAMES_EACH = 100;

test(`one endpoint of ${STREAMS * NAMES_EACH} changed is the work of the one stream that asked for it`, async (t) => {
  const server = await startServer(t);
  const endpoints = Array.from({ length: STREAMS * NAMES_EACH }, (_, n) => `e${n}`);
  await server.ask({ ask: "commit", endpoints, content: "start" });
  const streams = startStreams(t, {
    port: server.port,
    streams: STREAMS,
    connections: 20,
    deltaEvery: 2,
    hasClusters: false,
    endpoints: { count: NAMES_EACH, step: NAMES_EACH },
  });
  const { responses } = await streams.converged("start");
  assert.equal(responses, STREAMS);

  // One that speaks delta, and one that speaks SotW.
  for (const [commits, stream] of [536, 537].entries()) {
    const content = `for ${stream}`;
    const { work: before } = await server.until("every ACK", ({ pending }) => pending === 0);
    const { responses: receivedBefore } = await streams.count(content);
    await server.ask({ ask: "commit", endpoints: [`e${stream * NAMES_EACH + 42}`], content });
    await server.until("the change to be sent", ({ work }) => work.writes > before.writes);
    const { work: after } = await server.until("its ACK", ({ pending }) => pending === 0);
    // What changed, and once more what changed since the client was last looked at, if that is longer ago.
    const differences = after.differences - before.differences;
    assert.ok(differences >= 1 && differences <= 1 + 2 * commits, `${differences} names were found to differ`);
    assert.equal(after.builds - before.builds, 1, "responses encoded");
    assert.equal(after.writes - before.writes, 1, "responses written");
    const turns = after.turns - before.turns;
    assert.ok(turns >= 1 && turns <= 2, `a client was looked at ${turns} times: for the change, and for its ACK`);
    const { streams: reached, responses: received } = await streams.count(content);
    assert.deepEqual([reached, received - receivedBefore], [1, 1]);
  }
});
