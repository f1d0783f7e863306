import assert from "node:assert/strict";
import { startGrpcBackends } from "../support/grpc/backends.ts";
import { answeredOnlyBy, type GrpcStage, testGrpcClients } from "../support/grpc/lab.ts";
import { announceInstances, type Running } from "../support/instances.ts";
import { waitFor } from "../support/wait-for.ts";

const LOAD = { concurrency: 4, pauseMs: 2 };

testGrpcClients("gRPC clients know a service by its instances alone", {
  "that drain and come back without a failed call, and whose death fails what they had": followInstances,
});

async function followInstances({ t, client, plane, language, untilCalls }: GrpcStage): Promise<void> {
  // A name of its own in each language, since they share the server.
  const service = `web-${language}`;
  const instances = await announceInstances(plane.adminUrl, service, { groups: [language] }, runGrpc);
  const all = answeredOnlyBy("b0", "b1", "b2");
  try {
    for (const number of [0, 1, 2]) await instances.start(number);
    await client.open(service, `xds:///${service}`);
    await untilCalls(service, "all three to answer", all);

    await client.load(service, LOAD);
    await instances.drain(0);
    await untilCalls(service, "the one that drains to be passed over", answeredOnlyBy("b1", "b2"));
    await instances.leave(0);
    await instances.start(0);
    await untilCalls(service, "it to answer again", all);
    const drained = await client.stopLoad(service);
    assert.deepEqual(drained.errors, {}, `the client's log: ${client.logPath}`);

    await client.load(service, LOAD);
    await instances.kill(1);
    await waitFor("its silence to be noticed", async () => (await instances.known()).healthy === 2);
    await instances.start(1);
    await untilCalls(service, "it to answer again", all);
    const killed = await client.stopLoad(service);
    t.diagnostic(`${drained.ok + killed.ok} calls, ${killed.failed} failed`);
    assert.ok(killed.failed <= LOAD.concurrency, `more calls failed than it had: ${JSON.stringify(killed.errors)}`);
    await client.close(service);
  } finally {
    await instances.stop();
  }
}

async function runGrpc(number: number): Promise<Running> {
  const { ports, stop } = await startGrpcBackends(1, number);
  return { port: ports[0]!, stop };
}
