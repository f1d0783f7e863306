// protocol.md S1 and S6 by a client in Rust: tonic and its HTTP/2, which take nothing that breaks a rule.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { SERVER_NAME } from "../support/carriers.ts";
import { type EdgeLab, testOverCarriers } from "../support/edge-lab.ts";
import { staticCluster } from "../support/resources.ts";
import { requireTool } from "../support/tools.ts";
import { waitFor } from "../support/wait-for.ts";

const STREAMS = 20;

interface Line {
  readonly stream: number;
  readonly version: string;
  readonly resources: number;
  readonly bytes: number;
}

testOverCarriers("tonic", async (lab) => {
  const tool = requireTool("tonic-client");
  if ("skip" in tool) return lab.t.skip(tool.skip);
  await lab.plane.put("web", clusters(3));
  const lines = follow(lab, tool.path);
  await everyStreamHas(lines, 3);
  // More than the windows of HTTP/2 let pass at once: 150 KB to each stream of one connection.
  await lab.plane.put("web", clusters(1_500));
  await everyStreamHas(lines, 1_500);
  await lab.plane.put("web", clusters(1));
  await everyStreamHas(lines, 1);
  const versions = new Set(lines.filter(({ resources }) => resources === 1).map(({ version }) => version));
  assert.equal(versions.size, 1);
});

/** Streams that follow the clusters of `web`, all on one connection; what they got, as it comes. */
function follow({ carrier, url, files, resources }: EdgeLab, program: string): readonly Line[] {
  const trust = carrier === "plaintext" ? [] : [files.ca, SERVER_NAME];
  const identity = carrier === "mutual TLS" ? [files.cert, files.key] : [];
  const what = ["tonic", "web", "type.googleapis.com/envoy.config.cluster.v3.Cluster", String(STREAMS)];
  const child = spawn(program, [url, ...what, ...trust, ...identity], { stdio: ["pipe", "pipe", "inherit"] });
  resources.defer(() => void child.stdin.end());
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Line));
  return lines;
}

async function everyStreamHas(lines: readonly Line[], resources: number): Promise<void> {
  await waitFor(
    () => `${resources} resources on every stream; last seen: ${JSON.stringify(lines.slice(-3))}`,
    () => {
      const last = new Map(lines.map((line) => [line.stream, line.resources]));
      return last.size === STREAMS && [...last.values()].every((count) => count === resources);
    },
  );
}

function clusters(count: number) {
  return Array.from({ length: count }, (_, at) => staticCluster(`cluster-${at}`, 1_000 + at));
}
