import type { Report } from "../run/messages.ts";
import { curveOf, sortTogether } from "./curve.ts";
import { createTimes } from "./histogram.ts";
import type { Storm } from "./result.ts";
import type { ServerMoment, ServerUse } from "./server-use.ts";

type Connected = Extract<Report, { kind: "connected" }>;

/** Storms that a result tells of: the last ones. All count in the distributions. */
const STORMS = 64;

/** Puts together what the generators say of streams that connect. */
export interface Storms {
  /** A storm begins: what comes from now on belongs to it. */
  begin(kind: Storm["kind"], atMs: number): void;
  add(connected: Connected): void;
  readonly first: ReturnType<typeof createTimes>;
  readonly again: ReturnType<typeof createTimes>;
  readonly failed: number;
  finish(startedMs: number): Storm[];
}

interface Open {
  readonly kind: Storm["kind"];
  readonly from: ServerMoment;
  readonly parts: Float32Array[];
  until: ServerMoment | undefined;
  failed: number;
  bytes: number;
  responses: number;
}

/** Begins. */
export function createStorms(server: ServerUse): Storms {
  const storms: Open[] = [];
  const first = createTimes();
  const again = createTimes();
  let failed = 0;

  function begin(kind: Storm["kind"], atMs: number): void {
    storms.push({ kind, from: server.moment(atMs), parts: [], until: undefined, failed: 0, bytes: 0, responses: 0 });
    if (storms.length > STORMS) storms.shift();
  }

  return {
    begin,
    add(connected) {
      const storm = storms.at(-1);
      const times = storm?.kind === "reconnect" ? again : first;
      times.recordAll(connected.syncMs);
      failed += connected.failed;
      if (storm === undefined) return;
      storm.parts.push(connected.syncedAtMs);
      storm.failed += connected.failed;
      storm.bytes += connected.bytes;
      storm.responses += connected.responses;
      const lastMs = connected.syncedAtMs.reduce((latest, ms) => Math.max(latest, ms), 0);
      const untilMs = Math.max(storm.until?.atMs ?? 0, storm.from.atMs + lastMs);
      if (untilMs !== storm.until?.atMs) storm.until = server.moment(untilMs);
    },
    first,
    again,
    get failed() {
      return failed;
    },
    finish: (startedMs) => storms.filter(({ parts }) => parts.length > 0).map((storm) => describe(storm, startedMs)),
  };
}

function describe(storm: Open, startedMs: number): Storm {
  const sorted = sortTogether(storm.parts);
  const [from, until] = [storm.from.use(), storm.until?.use() ?? null];
  return {
    kind: storm.kind,
    atMs: storm.from.atMs - startedMs,
    streams: sorted.length + storm.failed,
    failed: storm.failed,
    bytes: storm.bytes,
    responses: storm.responses,
    syncedMs: curveOf(sorted, storm.failed),
    serverCpuMs: from === null || until === null ? null : until.cpuMs - from.cpuMs,
  };
}
