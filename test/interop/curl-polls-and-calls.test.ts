// protocol.md S6 by curl: REST by HTTP/1.1 and HTTP/2, the version by ALPN over TLS, and a gRPC call with its trailers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EdgeLab, runTool, type ToolRun, testOverCarriers } from "../support/edge-lab.ts";
import { staticCluster } from "../support/resources.ts";
import { without } from "../support/tools.ts";

const CLUSTERS = 200;
const clusters = Array.from({ length: CLUSTERS }, (_, at) => staticCluster(`cluster-${at}`, 1_000 + at));

testOverCarriers("curl", async (lab) => {
  const { status, stdout: version } = spawnSync("curl", ["--version"], { encoding: "utf8" });
  if (status !== 0 || !/HTTP2/.test(version)) return lab.t.skip(without("no curl with HTTP/2 on this machine").skip);
  await lab.plane.put("web", clusters);
  for (const httpVersion of ["1.1", "2"] as const) {
    const first = await poll(lab, httpVersion, {});
    assert.deepEqual(
      [first.status, first.httpVersion, first.names.length],
      [200, httpVersion, CLUSTERS],
      first.body.slice(0, 500),
    );
    const again = await poll(lab, httpVersion, { versionInfo: first.version });
    assert.deepEqual([again.status, again.httpVersion, again.body.slice(0, 100)], [304, httpVersion, ""]);
    // 300 KB that the server takes piece by piece, and then finds no node in.
    const large = await poll(lab, httpVersion, {
      node: { id: "a", cluster: "web", metadata: { filler: "x".repeat(300_000) } },
    });
    assert.deepEqual([large.status, large.names.length], [200, CLUSTERS], large.body.slice(0, 500));
    const nothing = await curl(lab, [...httpFlags(lab, httpVersion), `${lab.url}/nothing`]);
    assert.match(nothing.stdout, /"status":404/);
  }
  // curl 7.88 breaks off a connection that it uses again without ALPN, whoever serves.
  if (lab.carrier !== "plaintext") await askAtOnce(lab, 100);
  const call = await callHealth(lab);
  assert.match(call.headers, /^HTTP\/2 200/);
  assert.match(call.headers, /^grpc-status: 0/m);
  assert.deepEqual(call.body, Buffer.of(0, 0, 0, 0, 2, 0x08, 0x01)); // SERVING
  if (lab.carrier !== "mutual TLS") return;
  const { status: refused } = await runTool("curl", ["--silent", "--cacert", lab.files.ca, `${lab.url}/nothing`]);
  assert.notEqual(refused, 0, "a client without a certificate was served");
});

async function poll(lab: EdgeLab, httpVersion: "1.1" | "2", request: object) {
  const file = join(lab.folder, "request.json");
  writeFileSync(file, JSON.stringify({ node: { id: `curl-${httpVersion}`, cluster: "web" }, ...request }));
  const { stdout } = await curl(lab, [
    ...httpFlags(lab, httpVersion),
    ...["--header", "content-type: application/json", "--data-binary", `@${file}`],
    ...["--write-out", "\n%{http_code} %{http_version}", `${lab.url}/v3/discovery:clusters`],
  ]);
  const [, body, status, usedVersion] = /^(.*)\n(\d+) (\S+)$/s.exec(stdout) ?? assert.fail(stdout.slice(0, 1_000));
  const json = body === "" ? {} : (JSON.parse(body!) as { versionInfo?: string; resources?: { name: string }[] });
  const names = (json.resources ?? []).map(({ name }) => name);
  return { status: Number(status), httpVersion: usedVersion, body: body!, version: json.versionInfo, names };
}

/** That many requests on one connection, side by side. */
async function askAtOnce(lab: EdgeLab, requests: number): Promise<void> {
  const output = ["--output", "/dev/null", "--write-out", "%{http_code} %{http_version}\n"];
  const args = ["--parallel", "--parallel-max", "50", ...output, `${lab.url}/nothing?[1-${requests}]`];
  const { stdout } = await curl(lab, [...httpFlags(lab, "2"), ...args]);
  assert.deepEqual(stdout.trim().split("\n"), Array(requests).fill("404 2"));
}

async function callHealth(lab: EdgeLab): Promise<{ readonly headers: string; readonly body: Buffer }> {
  const [message, headers, body] = ["message", "headers", "body"].map((name) => join(lab.folder, name));
  writeFileSync(message!, Buffer.alloc(5));
  await curl(lab, [
    ...httpFlags(lab, "2"),
    ...["--header", "content-type: application/grpc", "--header", "te: trailers", "--data-binary", `@${message}`],
    ...["--dump-header", headers!, "--output", body!, `${lab.url}/grpc.health.v1.Health/Check`],
  ]);
  return { headers: readFileSync(headers!, "utf8"), body: readFileSync(body!) };
}

async function curl({ carrier, files }: EdgeLab, args: readonly string[]): Promise<ToolRun> {
  const trust = carrier === "plaintext" ? [] : ["--cacert", files.ca];
  const identity = carrier === "mutual TLS" ? ["--cert", files.cert, "--key", files.key] : [];
  const run = await runTool("curl", ["--silent", "--show-error", "--max-time", "30", ...trust, ...identity, ...args]);
  assert.equal(run.status, 0, run.stderr);
  return run;
}

/** Over TLS the version is agreed by ALPN; over plaintext the client has to know it. */
function httpFlags({ carrier }: EdgeLab, httpVersion: "1.1" | "2"): readonly string[] {
  if (httpVersion === "1.1") return ["--http1.1"];
  return carrier === "plaintext" ? ["--http2-prior-knowledge"] : ["--http2"];
}
