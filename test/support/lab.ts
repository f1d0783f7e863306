import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Backends, startBackends } from "./backends.ts";
import { type ControlPlane, type Fairlead, startFairlead, startGoControlPlane } from "./control-plane.ts";
import { type Envoy, type EnvoyOptions, startEnvoy } from "./envoy.ts";
import { freePort } from "./free-port.ts";
import { MODES, type Mode } from "./modes.ts";
import type { Resource } from "./resources.ts";
import { makeScratch } from "./scratch.ts";
import { requireTool } from "./tools.ts";

/** What the modes of one test share: the server under test and the upstream servers. */
export interface Lab<Plane extends ControlPlane = ControlPlane> {
  readonly plane: Plane;
  readonly backends: Backends;
  /** Holds every log. Kept when a test failed. */
  readonly folder: string;
}

/** One Envoy in one mode, with a group and a listener port of its own. */
export interface Stage<Plane extends ControlPlane = ControlPlane> {
  readonly t: TestContext;
  readonly lab: Lab<Plane>;
  readonly mode: Mode;
  /** The control plane's group and Envoy's node cluster. */
  readonly group: string;
  readonly port: number;
  readonly envoy: Envoy;
  /** Where Envoy's listeners are to log requests that went wrong. */
  readonly accessLog: string;
  put(resources: readonly Resource[]): Promise<void>;
}

/**
 * Defines a test with a subtest per mode; the modes run side by side against one server.
 * Skips with the reason when Envoy can't be had.
 *
 * `FAIRLEAD_TEST_PEER=go-control-plane` runs it against that server instead, to see the test fail.
 */
export function testInEveryMode(title: string, body: (stage: Stage) => Promise<void>): void {
  const start = process.env.FAIRLEAD_TEST_PEER === "go-control-plane" ? startGoControlPlane : plainFairlead;
  testWithEnvoy(title, start, (lab, binary, t) => inModes(wantedModes(), lab, binary, t, body));
}

/** Like {@link testInEveryMode}, for what needs more of Fairlead than the PUT. */
export function testFairleadInEveryMode(
  title: string,
  body: (stage: Stage<Fairlead>) => Promise<void>,
  { start = plainFairlead, modes = MODES, envoy = {} }: FairleadTestOptions = {},
): void {
  const wanted = wantedModes().filter((mode) => modes.includes(mode));
  testWithEnvoy(title, start, (lab, binary, t) => inModes(wanted, lab, binary, t, body, envoy));
}

/** What may be otherwise than usual in a test of Fairlead. */
export interface FairleadTestOptions {
  readonly start?: (folder: string) => Promise<Fairlead>;
  readonly modes?: readonly Mode[];
  readonly envoy?: Partial<EnvoyOptions>;
}

/** Defines a test with a server, upstream servers and the path of Envoy. */
export function testWithEnvoy<Plane extends ControlPlane>(
  title: string,
  startPlane: (folder: string) => Promise<Plane>,
  body: (lab: Lab<Plane>, envoyBinary: string, t: TestContext) => Promise<void>,
): void {
  test(title, { concurrency: MODES.length }, async (t) => {
    const tool = requireTool("envoy");
    if ("skip" in tool) return t.skip(tool.skip);
    const scratch = makeScratch("lab");
    let hasPassed = false;
    await using resources = new AsyncDisposableStack();
    resources.defer(() => (hasPassed ? scratch.remove() : t.diagnostic(`logs kept in ${scratch.path}`)));
    const plane = resources.adopt(await startPlane(scratch.path), (started) => started.stop());
    const backends = resources.adopt(await startBackends(), (started) => started.stop());
    await body({ plane, backends, folder: scratch.path }, tool.path, t);
    hasPassed = true;
  });
}

/** The modes that tests run in: all, or those that `FAIRLEAD_TEST_MODES=ads-delta,…` names. */
export function wantedModes(): readonly Mode[] {
  const wanted = process.env.FAIRLEAD_TEST_MODES?.split(",");
  return wanted === undefined ? MODES : MODES.filter((mode) => wanted.includes(mode));
}

/** Runs a subtest per mode, side by side, each with an Envoy of its own. */
export async function inModes<Plane extends ControlPlane>(
  modes: readonly Mode[],
  lab: Lab<Plane>,
  binary: string,
  t: TestContext,
  body: (stage: Stage<Plane>) => Promise<void>,
  more: Partial<EnvoyOptions> = {},
): Promise<void> {
  const results = modes.map(async (mode) => {
    let hasPassed = false;
    await t.test(mode, async (t) => {
      const port = await freePort();
      const group = `${mode}-${port}`;
      const options = { binary, mode, xdsPort: lab.plane.xdsPort, nodeCluster: group, folder: lab.folder };
      const envoy = await startEnvoy({ ...options, nodeId: `node-${group}`, ...more });
      try {
        const accessLog = join(lab.folder, `access-${group}.log`);
        const put = (resources: readonly Resource[]) => lab.plane.put(group, resources);
        await body({ t, lab, mode, group, port, envoy, accessLog, put });
        hasPassed = true;
      } finally {
        if (!hasPassed) await keepState(envoy);
        await envoy.stop();
      }
    });
    return hasPassed;
  });
  if ((await Promise.all(results)).includes(false)) throw new Error(`a mode failed; logs: ${lab.folder}`);
}

/** Writes what Envoy holds and counted next to its log. */
async function keepState(envoy: Envoy): Promise<void> {
  const stem = envoy.logPath.replace(/\.log$/, "");
  for (const what of ["stats", "config_dump?include_eds", "listeners", "clusters"]) {
    const text = await envoy.admin(`/${what}`).catch((error: unknown) => String(error));
    writeFileSync(`${stem}.${what.replace(/\?.*/, "")}.txt`, text);
  }
}

function plainFairlead(folder: string): Promise<Fairlead> {
  return startFairlead({ folder });
}
