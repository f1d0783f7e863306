import { join } from "node:path";
import { httpDriver } from "../../../packages/control-plane/src/conformance/drivers/http.ts";
import { type Outcome, runCases } from "../../../packages/control-plane/src/conformance/run.ts";
import { SUITE } from "../../../packages/control-plane/src/conformance/suite.ts";
import { startChild, waitForLog } from "../../support/child.ts";
import { TIMINGS } from "./served.ts";

/** The ways in which test/peers/go-control-plane serves. */
export const CACHES = ["snapshot", "snapshot-ads", "linear"] as const;

/** One of {@link CACHES}. */
export type CacheName = (typeof CACHES)[number];

/** Tries go-control-plane with one of its caches, by all cases that are not Fairlead's own promises. */
export async function tryGoControlPlane(binary: string, cache: CacheName, folder: string): Promise<Outcome[]> {
  const child = startChild(binary, ["-cache", cache], join(folder, `${cache}.log`));
  try {
    const { xds, admin, rest } = await waitForLog(child, "go-control-plane listens", (log) => {
      const line = log.split("\n").find((text) => text.includes('"listening"') && text.endsWith("}"));
      return line === undefined ? undefined : (JSON.parse(line) as { xds: string; admin: string; rest: string });
    });
    const url = `http://${admin}/state/{node}`;
    return await runCases({
      target: xds,
      restTarget: rest,
      driver: httpDriver({ putUrl: url, deleteUrl: url }),
      cases: SUITE.filter(({ level }) => level !== "fairlead"),
      timings: { ...TIMINGS, silenceMs: 1_000, deadlineMs: 1_000 },
      concurrency: 32,
      timeoutMs: 5_000,
      quietMs: 500,
    });
  } finally {
    await child.stop();
  }
}
