import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import { build as buildGo } from "../../packages/bench/scripts/peers/build-go.ts";
import { build as buildHttp2 } from "../../packages/bench/scripts/peers/build-http2.ts";
import { build as buildRest } from "../../packages/bench/scripts/peers/build-rest.ts";
import type { Built } from "../../packages/bench/scripts/peers/built.ts";
import { makeCertificate } from "../support/certificate.ts";
import { startFairlead } from "../support/control-plane.ts";
import { makeScratch } from "../support/scratch.ts";
import { without } from "../support/tools.ts";
import { RESOURCES, startSmallPeer } from "./support/peer.ts";
import { type BenchRun, runBench } from "./support/run-bench.ts";
import { assertClean } from "./support/verdict.ts";

const scratch = makeScratch("bench-servers");
const STREAMS = 6;
/** 10 changes in the measured part. */
const PACE = ["--streams", String(STREAMS), "--rate", "10/s", "--warmup", "200ms", "--duration", "1s"];
const CHANGES = 10;

after(() => scratch.remove());

/** Every stream got every change, and nothing else. */
function assertMeasured(run: BenchRun): void {
  assertClean(run);
  const { counts, firstSync, received, acked, fleet, timeline } = run.result!;
  assert.equal(counts.changes, CHANGES);
  assert.equal(firstSync?.count, STREAMS);
  assert.equal(received?.count, STREAMS * CHANGES);
  assert.equal(acked?.count, STREAMS * CHANGES);
  assert.equal(fleet?.p100.count, CHANGES);
  assert.ok(received.min > 0 && received.p50 <= received.p99 && received.p99 <= received.max);
  assert.ok(timeline.length > 0);
  assert.match(run.stdout, /received .*p99/);
}

async function measurePeer(
  t: TestContext,
  built: Built,
  args: readonly string[],
  flags: readonly string[],
): Promise<void> {
  if (built.kind === "left-out") return t.skip(without(built.reason).skip);
  const peer = await startSmallPeer(built.command, args);
  try {
    assertMeasured(await runBench([...peer.flags, ...PACE, ...flags], join(scratch.path, t.name)));
  } finally {
    await peer.end();
  }
}

describe("any xDS server is measured", { concurrency: 2 }, () => {
  test("Fairlead, through its admin API, by SotW and delta", async () => {
    const fairlead = await startFairlead({ folder: scratch.path });
    try {
      for (const protocol of ["ads-sotw", "ads-delta"]) {
        const target = [
          "--target",
          `127.0.0.1:${fairlead.xdsPort}`,
          "--driver",
          "fairlead",
          "--admin",
          fairlead.adminUrl,
        ];
        const workload = ["--group", "default", "--resources", String(RESOURCES), "--endpoints", "1"];
        assertMeasured(
          await runBench([...target, ...workload, ...PACE, "--protocol", protocol], join(scratch.path, protocol)),
        );
      }
    } finally {
      await fairlead.stop();
    }
  });
  for (const cache of ["snapshot", "linear"]) {
    test(`go-control-plane with its ${cache} cache`, async (t) =>
      measurePeer(t, await buildGo(), ["--cache", cache], []));
  }
  test("a server over mutual TLS, and streams that share connections", async (t) => {
    const { certificate, privateKey } = makeCertificate("localhost");
    const [cert, key] = [join(scratch.path, "cert.pem"), join(scratch.path, "key.pem")];
    writeFileSync(cert, certificate);
    writeFileSync(key, privateKey);
    const server = ["--tls-cert", cert, "--tls-key", key, "--tls-ca", cert];
    const client = [...server, "--tls-server-name", "localhost", "--streams-per-connection", "2"];
    await measurePeer(t, await buildHttp2(), server, client);
  });
  test("a server that is polled by REST, as Envoy does", async (t) =>
    measurePeer(t, await buildRest(), [], ["--protocol", "rest", "--poll", "20ms"]));
});
