// protocol.md S6 by the programs of nghttp2, which check every frame: nghttp with windows of 127 bytes, h2load with many streams.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EdgeLab, runTool, testOverCarriers } from "../support/edge-lab.ts";
import { staticCluster } from "../support/resources.ts";
import { requireTool } from "../support/tools.ts";

const CLUSTERS = 400;
const clusters = Array.from({ length: CLUSTERS }, (_, at) => staticCluster(`cluster-${at}`, 1_000 + at));

testOverCarriers("nghttp gets all of an answer, whatever its windows", async (lab) => {
  const tool = requireTool("nghttp");
  if ("skip" in tool) return lab.t.skip(tool.skip);
  await lab.plane.put("web", clusters);
  for (const windows of [[], ["--window-bits=7", "--connection-window-bits=16"], ["--padding=100"]]) {
    const args = [...requestArgs(lab, {}), ...windows, ...identityArgs(lab)];
    const { status, stdout, stderr } = await runTool("nghttp", ["--no-verify-peer", "--verbose", ...args]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /recv \(stream_id=\d+\) :status: 200/);
    assert.equal(new Set(stdout.match(/"cluster-\d+"/g)).size, CLUSTERS);
    assertClean(stdout);
  }
  // Twenty requests on one connection.
  const urls = Array.from({ length: 20 }, (_, at) => `${lab.url}/nothing/${at}`);
  const many = await runTool("nghttp", ["--no-verify-peer", "--verbose", ...identityArgs(lab), ...urls]);
  assert.equal(many.stdout.match(/:status: 404/g)?.length, 20);
  assertClean(many.stdout);
});

testOverCarriers(
  "h2load gets every answer",
  async (lab) => {
    const tool = requireTool("h2load");
    if ("skip" in tool) return lab.t.skip(tool.skip);
    await lab.plane.put("web", clusters.slice(0, 10));
    const args = requestArgs(lab, {}).filter((arg) => !arg.startsWith("--header=:method"));
    const { stdout } = await runTool("h2load", [
      "--requests=4000",
      "--clients=10",
      "--max-concurrent-streams=50",
      ...args,
    ]);
    assert.match(stdout, /4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout/);
    assert.match(stdout, /Application protocol: h2c?\b/);
  },
  ["plaintext", "TLS"],
);

/** A poll for all clusters, as nghttp and h2load take it: with `--data` the method is POST. */
function requestArgs({ folder, url }: EdgeLab, request: object): string[] {
  const file = join(folder, "request.json");
  const filler = "x".repeat(20_000);
  const node = { id: "nghttp2", cluster: "web", metadata: { filler } };
  writeFileSync(file, JSON.stringify({ node, ...request }));
  return [`--data=${file}`, "--header=content-type: application/json", `${url}/v3/discovery:clusters`];
}

/** Nothing that says that either side broke a rule. */
function assertClean(verbose: string): void {
  assert.doesNotMatch(verbose, /recv (RST_STREAM|GOAWAY)|send RST_STREAM|\[INVALID|error_code=(?!NO_ERROR)/);
}

/** h2load has no such thing. */
function identityArgs({ carrier, files }: EdgeLab): readonly string[] {
  return carrier === "mutual TLS" ? [`--cert=${files.cert}`, `--key=${files.key}`] : [];
}
