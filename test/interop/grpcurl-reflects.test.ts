// protocol.md S5 and S6 by grpcurl (grpc-go): server reflection, and a call, over each carrier.
import assert from "node:assert/strict";
import { SERVER_NAME } from "../support/carriers.ts";
import { runTool, testOverCarriers } from "../support/edge-lab.ts";
import { requireTool } from "../support/tools.ts";

testOverCarriers("grpcurl", async ({ t, carrier, plane, files }) => {
  const tool = requireTool("grpcurl");
  if ("skip" in tool) return t.skip(tool.skip);
  const trust = carrier === "plaintext" ? ["-plaintext"] : ["-cacert", files.ca, "-servername", SERVER_NAME];
  const identity = carrier === "mutual TLS" ? ["-cert", files.cert, "-key", files.key] : [];
  const target = `127.0.0.1:${plane.xdsPort}`;
  const grpcurl = async (...what: readonly string[]) => {
    const run = await runTool("grpcurl", ["-max-time", "20", ...trust, ...identity, target, ...what]);
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  };
  assert.match(await grpcurl("list"), /^envoy\.service\.discovery\.v3\.AggregatedDiscoveryService$/m);
  assert.match(await grpcurl("describe", "envoy.config.cluster.v3.Cluster"), /is a message/);
  assert.match(await grpcurl("grpc.health.v1.Health/Check"), /SERVING/);
});
