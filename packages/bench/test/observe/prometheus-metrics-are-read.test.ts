import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { BenchError, type BenchErrorCode } from "../../src/errors.ts";
import { observe } from "../../src/observe/observe.ts";

const PAGE = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total{core="0",note="a } \\" b"} 1.5
process_cpu_seconds_total{core="1"} 2.5e0 1700000000000
process_cpu_seconds_total_created 17
process_resident_memory_bytes 5.24288e+07
go_gc_duration_seconds{quantile="0"} NaN
`;

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

async function fault(url: string): Promise<{ readonly code: BenchErrorCode; readonly message: string }> {
  const error = await observe({ prometheusUrl: url }).then(
    () => assert.fail("accepted"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof BenchError);
  assert.ok(error.message.includes(url), "names the URL");
  return error;
}

test("CPU time and memory are summed over labels", async (t) => {
  const observer = await observe({ prometheusUrl: await serve(t, (_, answer) => answer.end(PAGE)) });
  const sample = await observer?.sample();
  assert.equal(sample?.cpuMs, 4_000);
  assert.equal(sample.rssBytes, 50 * 2 ** 20);
});

test("a page that fails later is a sample less, with a reason", async (t) => {
  let isUp = true;
  const url = await serve(t, (_, answer) => answer.writeHead(isUp ? 200 : 503).end(PAGE));
  const observer = await observe({ prometheusUrl: url });
  isUp = false;
  assert.equal(await observer?.sample(), null);
  assert.equal(observer?.fault, "answered 503");
});

test("what is wrong with a URL is said", async (t) => {
  const lacking = await fault(await serve(t, (_, answer) => answer.end("up 1\nprocess_resident_memory_bytes 1\n")));
  assert.equal(lacking.code, "bad-plan");
  assert.match(lacking.message, /has no process_cpu_seconds_total: use server\.pid/);
  const refusing = await fault(await serve(t, (_, answer) => answer.writeHead(404).end()));
  assert.match(refusing.message, /answered 404/);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const down = await fault(`http://127.0.0.1:${port}/metrics`);
  assert.equal(down.code, "target-unreachable");
  assert.match(down.message, /ECONNREFUSED/);
});
