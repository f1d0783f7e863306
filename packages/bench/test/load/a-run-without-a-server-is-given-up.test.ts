import assert from "node:assert/strict";
import { createServer as createHttp1Server } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

test("nobody listens, the server speaks HTTP/1 or hangs up: the run ends with the address and what to look at", async (t) => {
  const http1 = await listen(t, createHttp1Server());
  const hangsUp = await listen(
    t,
    createServer((socket) => socket.destroy()),
  );
  const gone = await listen(t, createServer());
  await new Promise((resolve) => gone.server.close(resolve));
  assert.match(await failure(t, gone.port), /^target-unreachable: 127\.0\.0\.1:\d+: nobody listens there/);
  assert.match(await failure(t, http1.port), /^target-protocol: 127\.0\.0\.1:\d+: the server speaks HTTP\/1\.1/);
  assert.match(await failure(t, hangsUp.port), /^target-refused: 127\.0\.0\.1:\d+: the server closed the connection/);
});

test("more states than a process keeps are refused before anything is opened", async (t) => {
  const plan = loadPlan({ streams: 1_000_000, workload: { count: 1_000 } });
  await assert.rejects(
    startGenerator(t, plan),
    /generator-failed: 1000000 streams × 1000 resources .* use more generators/,
  );
});

async function failure(t: TestContext, port: number): Promise<string> {
  const generator = await startGenerator(t, loadPlan({ streams: 3, target: { host: "127.0.0.1", port } }));
  return generator.connect().then(
    () => "it connected",
    (error: Error) => error.message,
  );
}

async function listen(t: TestContext, server: Server): Promise<{ readonly server: Server; readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}
