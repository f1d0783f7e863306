import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeScratch } from "../../../../test/support/scratch.ts";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import type { TargetTls } from "../../src/plan/plan.ts";
import { startBenchServer } from "../support/bench-server.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";

test("streams run over mutual TLS; without the client's certificate, or with a file that is none, it is said", async (t) => {
  const authority = makeCertificate("authority");
  const server = makeCertificate("server", { sans: [["IP", "127.0.0.1"]], issuer: authority });
  const client = makeCertificate("client", { issuer: authority });
  const plan = loadPlan({ streams: 3 });
  const { port } = await startBenchServer(t, plan.workload, {
    tls: { cert: { pem: server.cert }, key: { pem: server.key }, clientCa: { pem: authority.cert } },
  });
  const file = filesOf(t, { ca: authority.cert, cert: client.cert, key: client.key, none: "nothing" });
  const connect = async (tls: TargetTls) => {
    const generator = await startGenerator(t, { ...plan, target: { host: "127.0.0.1", port, tls } });
    return generator.connect();
  };

  const mutual = { caFile: file("ca"), certFile: file("cert"), keyFile: file("key"), insecure: false };
  assert.equal((await connect(mutual)).syncMs.length, 3);
  await assert.rejects(connect({ caFile: file("ca"), insecure: false }), /target-refused: .*client certificate/);
  await assert.rejects(connect({ ...mutual, certFile: file("none") }), /bad-plan: target\.tls: .*give PEM files/);
});

function filesOf(t: TestContext, contents: Readonly<Record<string, string>>): (name: string) => string {
  const scratch = makeScratch("bench-tls");
  t.after(() => scratch.remove());
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(scratch.path, name), content);
  return (name) => join(scratch.path, name);
}
