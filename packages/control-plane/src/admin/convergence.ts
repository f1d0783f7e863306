import type { ClientStatus } from "@fairlead/xds";
import { listen } from "../telemetry/listen.ts";
import type { GroupRevision, Revision } from "./describe-revision.ts";
import { receptionOf } from "./reception.ts";
import type { RevisionHistory } from "./revision-history.ts";

/** What a revision did to one group has been answered by every proxy that it reaches. */
export interface Converged {
  readonly group: string;
  readonly revision: number;
  readonly acked: number;
  /** Proxies that rejected it. */
  readonly rejected: number;
  /** From the commit to the last answer, as it was noticed, ms. */
  readonly tookMs: number;
}

/** Changes of groups that are followed at a time; then the oldest is given up. */
const MAX_OUTSTANDING = 256;
/** Answers come in bursts; all clients are looked at once per burst, ms. */
const BURST_MS = 100;
/** Times as long as a look took, nobody looks again: each change that is followed costs a look at all clients. */
const REST = 9;
/** Looked at this often without any sign: a proxy that nothing differs for gives none, ms. */
const POLL_MS = 1_000;

/** What is needed to follow revisions. */
export interface ConvergenceParts {
  readonly history: RevisionHistory;
  readonly clients: () => Iterable<ClientStatus>;
  readonly reachOf: (group: string, revision: number) => ReadonlySet<string>;
}

/** Tells of each change of a group, from now on, once every proxy has answered it; returns the function that stops it. */
export function watchConvergence(parts: ConvergenceParts, tell: (converged: Converged) => void): () => void {
  const outstanding = new Set<{ readonly revision: Revision; readonly change: GroupRevision }>();
  let timer: NodeJS.Timeout | undefined;
  let isBurst = false;
  let restMs = 0;

  const look = () => {
    const startedMs = performance.now();
    timer = undefined;
    isBurst = false;
    const clients = outstanding.size > 0 ? [...parts.clients()] : [];
    for (const one of outstanding) {
      const { revision, committedAtMs } = one.revision;
      const { group, typeUrls } = one.change;
      const groups = parts.reachOf(group, revision);
      const { acked, rejected, pending } = receptionOf(clients, { groups, revision, typeUrls, committedAtMs });
      if (pending.length > 0) continue;
      outstanding.delete(one);
      const nodes = new Set(rejected.map(({ node, peer }) => `${node}\n${peer}`)).size;
      tell({ group, revision, acked, rejected: nodes, tookMs: Date.now() - committedAtMs });
    }
    restMs = (performance.now() - startedMs) * REST;
    if (outstanding.size > 0) lookIn(POLL_MS);
  };
  const lookIn = (ms: number) => {
    timer ??= setTimeout(look, Math.max(ms, restMs)).unref();
  };
  const hear = () => {
    if (isBurst || outstanding.size === 0) return;
    isBurst = true;
    clearTimeout(timer);
    timer = undefined;
    lookIn(BURST_MS);
  };

  const stops = [
    parts.history.subscribe((revision) => {
      for (const change of revision.groups) {
        if (change.change === "deleted") continue; // its proxies keep what they have
        outstanding.add({ revision, change });
        const [oldest] = outstanding;
        if (outstanding.size > MAX_OUTSTANDING) outstanding.delete(oldest!);
      }
      hear();
    }),
    listen("fairlead:xds:acked", hear),
    listen("fairlead:xds:nacked", hear),
    listen("fairlead:xds:stream-closed", hear),
    listen("fairlead:xds:poller-forgotten", hear),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}
