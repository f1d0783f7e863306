import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { adsPath } from "../../src/client/services.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import {
  commit,
  namesIn,
  resource,
  type StartedServer,
  shareConnection,
  startServer,
} from "../server/started-server.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";
import { openOn } from "./spread.ts";

const { cluster } = TYPE_URLS;
const large = "x".repeat(60_000);

test("small and large changes reach every stream, built once and shared", async (t) => {
  const { server, cache, stream, target } = await startServer(t, { workers: 2 });
  commit(cache, [resource(cluster, "a")]);
  const connections = Array.from({ length: 16 }, () => shareConnection(t, target));
  const streams = connections.flatMap((channel) =>
    (["sotw", "delta"] as const).flatMap((mode) => [stream({ mode, channel }), stream({ mode, channel })]),
  );
  for (const one of streams) one.subscribe(cluster);
  for (const one of streams) await one.nextAcked();
  assert.ok(
    server.workers.every((worker) => worker.streams > 0),
    "both workers have some",
  );
  assert.equal(
    server.workers.reduce((sum, worker) => sum + worker.streams, 0),
    streams.length,
  );
  const { builds, writes } = server.work;
  for (const content of ["small", large, "small again"]) {
    commit(cache, [resource(cluster, "b", content)]);
    for (const one of streams) assert.ok(namesIn(await one.nextAcked()).includes("b"));
  }
  assert.equal(server.work.builds - builds, 2 * 3, "one for each change and variant of the protocol");
  assert.equal(server.work.writes - writes, 3 * streams.length);
});

test("a client that does not read holds up nobody, gets what it was sent when it reads", async (t) => {
  const limits = { maxQueuedBytesPerConnection: 64 * 1_048_576 };
  const started = await startServer(t, { workers: 2, listen: { port: 0, limits } });
  const { server, cache, stream } = started;
  commit(cache, [resource(cluster, "a")]);
  const open = async () => {
    const opened = stream({ mode: "sotw", node: { id: "reader" } });
    opened.subscribe(cluster);
    await opened.nextAcked();
    return opened;
  };
  const readers = [await openOn(server, open, 1), await openOn(server, open, 2)];
  const slow = await openSlow(t, started);
  const big = Array.from({ length: 40 }, (_, index) => resource(cluster, `big-${index}`, large));
  commit(cache, big);
  for (const { stream: reader } of readers) assert.equal((await reader.nextAcked()).resources.length, 41);
  for (let changed = 0; changed < 5; changed++) {
    commit(cache, [resource(cluster, "a", `${changed}`)]);
    for (const { stream: reader } of readers) await reader.nextAcked();
  }
  await waitFor("what is queued to be seen", () => server.edge.queuedBytes > 1_000_000);
  slow.resume();
  await waitFor("the large response", () => slow.messages.some(({ length }) => length > 2_000_000));
  assert.equal(slow.status, undefined, "it is still there");
  await waitFor("all to be taken", () => server.edge.queuedBytes === 0);
});

/** A call that has asked, has its first answer, and then reads no more. */
async function openSlow(t: TestContext, { target }: StartedServer) {
  const connection = connectTo(target, { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 });
  t.after(() => connection.close());
  const call = startCall(connection, adsPath("sotw"));
  call.send(writeDiscoveryRequest({ typeUrl: cluster, node: encodeNode({ id: "slow" }) }));
  await waitFor("the first answer", () => call.messages.length === 1);
  call.pause();
  return call;
}
