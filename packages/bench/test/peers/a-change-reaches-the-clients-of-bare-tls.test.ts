import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeScratch } from "../../../../test/support/scratch.ts";
import { without } from "../../../../test/support/tools.ts";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { build } from "../../scripts/peers/build-tls.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";
import { startPeer } from "../support/running-peer.ts";

test("by mutual TLS without HTTP/2 a change reaches every client, and nobody without a certificate is served", async (t) => {
  const built = await build();
  if (built.kind === "left-out") return t.skip(without(built.reason).skip);
  const scratch = makeScratch("bench-bare-tls");
  const issuer = makeCertificate("authority");
  const server = makeCertificate("server", { sans: [["IP", "127.0.0.1"]], issuer });
  const client = makeCertificate("client", { issuer });
  const texts = { ca: issuer.cert, cert: server.cert, key: server.key, clientCert: client.cert, clientKey: client.key };
  const file = (name: keyof typeof texts) => join(scratch.path, name);
  for (const name of Object.keys(texts) as (keyof typeof texts)[]) writeFileSync(file(name), texts[name]);
  const flags = ["--resources", "5", "--endpoints", "3"];
  const peer = await startPeer(built.command, [
    ...flags,
    ...["--tls-cert", file("cert"), "--tls-key", file("key"), "--tls-ca", file("ca")],
  ]);
  t.after(async () => {
    assert.equal(await peer.end(), 0);
    scratch.remove();
  });
  const target = { host: "127.0.0.1", port: Number(peer.xds.split(":")[1]) };
  const tls = { caFile: file("ca"), insecure: false };
  const plan = loadPlan({ protocol: "raw", streams: 3 });

  const mutual = { ...tls, certFile: file("clientCert"), keyFile: file("clientKey") };
  const generator = await startGenerator(t, { ...plan, target: { ...target, tls: mutual } });
  assert.equal((await generator.connect()).failed, 0);
  const held = await generator.change(1, [2], () => void peer.change("sequence=1&resource=2"));
  assert.deepEqual([held.missing, held.receivedMs.length], [0, 3]);

  const stranger = await startGenerator(t, { ...plan, streams: 1, target: { ...target, tls } });
  await assert.rejects(stranger.connect(), /target-/);
});
