import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { CARRIERS, type Carrier, type ClientFiles, certificatesFor } from "./carriers.ts";
import { type Fairlead, startFairlead } from "./control-plane.ts";
import { makeScratch } from "./scratch.ts";
import { requireTool, type ToolName } from "./tools.ts";

/** A `fairlead serve` whose port is reached over one carrier. */
export interface EdgeLab {
  readonly t: TestContext;
  readonly carrier: Carrier;
  readonly plane: Fairlead;
  /** Folder for logs and files; kept when the test failed. */
  readonly folder: string;
  /** Of the xDS port: `http://…` or `https://…`, without a slash at its end. */
  readonly url: string;
  /** Where the client finds its certificate and authority; none over plaintext, no `cert` to show unless asked for. */
  readonly files: ClientFiles;
  /** What is to go before the server does. */
  readonly resources: AsyncDisposableStack;
}

/** Defines a test with a subtest per carrier, side by side, each with a server of its own. */
export function testOverCarriers(
  title: string,
  body: (lab: EdgeLab) => Promise<void>,
  carriers: readonly Carrier[] = CARRIERS,
): void {
  test(title, { concurrency: true }, async (t) => {
    const runs = carriers.map((carrier) => t.test(carrier, (subtest) => runOver(carrier, subtest, body)));
    await Promise.all(runs);
  });
}

/** Runs a tool to its end; what it printed, both streams. A status that is not 0 is no error: the test looks at it. */
export async function runTool(name: ToolName | "curl", args: readonly string[], timeoutMs = 60_000): Promise<ToolRun> {
  const found = name === "curl" ? { path: "curl" } : requireTool(name);
  if ("skip" in found) throw new Error(found.skip);
  return await new Promise((resolve, reject) => {
    execFile(found.path, args, { timeout: timeoutMs, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ status: 0, stdout, stderr });
      if (typeof error.code === "number") return resolve({ status: error.code, stdout, stderr });
      reject(new Error(`${name} ${error.code ?? `was ended after ${timeoutMs} ms`}: ${stderr.slice(-2_000)}`));
    });
  });
}

/** What came of {@link runTool}. */
export interface ToolRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runOver(carrier: Carrier, t: TestContext, body: (lab: EdgeLab) => Promise<void>): Promise<void> {
  const scratch = makeScratch("edge");
  let hasPassed = false;
  await using resources = new AsyncDisposableStack();
  resources.defer(() => (hasPassed ? scratch.remove() : t.diagnostic(`logs kept in ${scratch.path}`)));
  const { tls, files } = certificatesFor(carrier, scratch.path);
  const plane = resources.adopt(await startFairlead({ folder: scratch.path, tls }), (started) => started.stop());
  const scheme = tls === undefined ? "http" : "https";
  const url = `${scheme}://127.0.0.1:${plane.xdsPort}`;
  const lab = { t, carrier, plane, folder: scratch.path, url, files };
  await using clients = new AsyncDisposableStack();
  await body({ ...lab, resources: clients });
  hasPassed = true;
}
