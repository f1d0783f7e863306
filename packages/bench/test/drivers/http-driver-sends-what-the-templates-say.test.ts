import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createDriver } from "../../src/drivers/create.ts";
import { parsePlan } from "../../src/plan/read.ts";

interface Seen {
  readonly line: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that notes what it is asked, and answers by `status`. */
async function listen(t: TestContext, answer: (line: string) => { status: number; text: string }) {
  const seen: Seen[] = [];
  const connections = new Set<unknown>();
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    connections.add(request.socket);
    const body = (await request.setEncoding("utf8").toArray()).join("");
    seen.push({ line, headers: request.headers, body });
    const { status, text } = answer(line);
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { seen, connections, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function driverOf(yaml: string) {
  return createDriver(
    parsePlan(`target: 127.0.0.1:1\nworkload: { count: 3, endpoints: 2 }\ndriver:\n  kind: http\n${yaml}`),
  );
}

test("each placeholder becomes what it stands for, over one kept connection", async (t) => {
  const server = await listen(t, () => ({ status: 204, text: "" }));
  const driver = driverOf(`
  setup: PUT ${server.url}/setup?r={indices}
  change:
    url: ${server.url}/change?sequence={sequence}&resource={indices}&mark={mark}&names={names}&i={i:03}
    headers: { x-change: "{sequence}" }
    body: '{"sequence":{sequence},"names":{names},"resources":{resources},"more":{}}'
  teardown: DELETE ${server.url}/all
`);
  await driver.setup();
  await driver.change({ sequence: 41, intendedMs: 0, resources: [2, 0] });
  await driver.change({ sequence: 42, intendedMs: 0, resources: "all" });
  await driver.teardown();
  assert.deepEqual(
    server.seen.map(({ line }) => line),
    [
      "PUT /setup?r=all",
      "POST /change?sequence=41&resource=2,0&mark=change-000000000041&names=bench-2,bench-0&i=002",
      "POST /change?sequence=42&resource=all&mark=change-000000000042&names=bench-0,bench-1,bench-2&i=000",
      "DELETE /all",
    ],
  );
  const { headers, body } = server.seen[1]!;
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["x-change"], "41");
  const { sequence, names, resources, more } = JSON.parse(body);
  assert.deepEqual([sequence, names, more], [41, ["bench-2", "bench-0"], {}]);
  assert.deepEqual(
    resources.map((one: { clusterName: string }) => one.clusterName),
    ["bench-2", "bench-0"],
  );
  const [first, second] = resources[0].endpoints[0].lbEndpoints;
  assert.equal(first.endpoint.hostname, "change-000000000041");
  assert.deepEqual(second.endpoint.address, { socketAddress: { address: "10.0.2.2", portValue: 8080 } });
  assert.equal(server.connections.size, 1);
});

test("an answer that is no success is told with URL, status and its beginning", async (t) => {
  const server = await listen(t, () => ({ status: 500, text: `no such thing${"!".repeat(400)}` }));
  const driver = driverOf(`  change: ${server.url}/c?{sequence}`);
  await assert.rejects(driver.change({ sequence: 1, intendedMs: 0, resources: [0] }), {
    code: "driver-failed",
    message: `POST ${server.url}/c?1 was answered 500: no such thing${"!".repeat(287)}`,
  });
  await driver.teardown();
});

test("a server that is not there is told with what to look at", async () => {
  const driver = driverOf("  change: http://127.0.0.1:1/c");
  await assert.rejects(driver.change({ sequence: 1, intendedMs: 0, resources: [0] }), {
    code: "driver-failed",
    message:
      "POST http://127.0.0.1:1/c: no answer (ECONNREFUSED): is the driver's address right, and does the server listen there?",
  });
  await driver.teardown();
});

test("a kept connection that the server closed meanwhile is no failure", async (t) => {
  const server = createServer((request, response) => {
    request.resume();
    response.end();
    response.once("finish", () => request.socket.destroySoon());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const driver = driverOf(`  change: http://127.0.0.1:${(server.address() as AddressInfo).port}/c`);
  for (let sequence = 1; sequence <= 20; sequence++) await driver.change({ sequence, intendedMs: 0, resources: [0] });
  await driver.teardown();
});
