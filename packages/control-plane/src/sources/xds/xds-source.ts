import type { Schema } from "@fairlead/envoy-api";
import type { Config } from "../../config/config.ts";
import type { XdsSourceConfig } from "../../config/sources-schema.ts";
import type { StoreState } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import type { Fault } from "../../validation/fault.ts";
import { sourceChannel } from "../channels.ts";
import { tlsReader } from "../read-tls.ts";
import type { Source } from "../source.ts";
import { type RunStart, type SourceRun, sourceOfRuns } from "../source-of-runs.ts";
import { createStoreWriter } from "../store-writer.ts";
import { openUpstream, type Upstream } from "./upstream.ts";

/** Settings of {@link createXdsSource}. */
export interface XdsSourceOptions {
  readonly name: string;
  /** The group that everything goes into. */
  readonly group: string;
  /** Whether the upstream may come to give nothing of a type that it gave before. */
  readonly allowEmpty: boolean;
  readonly xds: XdsSourceConfig;
  readonly committer: Committer;
  readonly schema: () => Schema;
  readonly validation: Config["validation"];
}

/** After the store failed, the next attempt, ms. */
const RETRY_MS = 1_000;

/**
 * Another xDS server as a {@link Source}: one stream to it, whatever the number of proxies here. What it gives is
 * committed when all that it refers to has come, or `gatherMs` after it did not; what is not valid is NACKed; and while
 * it is gone, what it gave last stays.
 */
export function createXdsSource(options: XdsSourceOptions): Source {
  return sourceOfRuns(options.name, (start) => startRun(options, start));
}

function unansweredFault(startMs: number): Fault {
  const message = `the upstream has not answered within ${startMs} ms (startMs), and nothing is known from before: its group is not served, the others are`;
  return { severity: "error", rule: "source.unanswered", message, pointer: "" };
}

/** From a start to the next end. */
function startRun(options: XdsSourceOptions, { tracker, onLoaded }: RunStart): SourceRun {
  const { name, group, xds, committer, schema, validation, allowEmpty } = options;
  const { store } = committer;
  const loaded = Promise.withResolvers<void>();
  const warn = (message: string) => sourceChannel("fairlead:source:warning").publish({ source: name, message });
  /** What was waited for in vain: it holds up nothing any more. */
  let settled: ReadonlySet<string> = new Set();
  let hasWritten = false;
  let isClosed = false;
  let isCommitting = false;
  let isAgain = false;
  let isRefused = false;
  let dirtySince: number | undefined;
  let soon: NodeJS.Immediate | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let committing: Promise<void> = Promise.resolve();
  const isRestored = store.state().groups.get(group)?.owners.has(name) === true;

  const markLoaded = () => {
    if (isClosed) return;
    onLoaded();
    loaded.resolve();
  };
  const patience = setTimeout(() => {
    if (!isRestored && !hasWritten) report([unansweredFault(xds.startMs)]);
    markLoaded();
  }, xds.startMs);
  const upstream: Upstream = openUpstream({
    xds,
    tls: xds.tls && tlsReader(xds.tls, warn),
    schema,
    validation,
    warn,
    reached(faults) {
      tracker.reportAll(faults);
      if (faults.length > 0 && isRestored) markLoaded(); // the last good state is known and served
    },
    changed(keys) {
      writer.mark(keys);
      dirtySince ??= performance.now();
      schedule();
    },
  });
  const writer = createStoreWriter({
    owner: name,
    group,
    committer,
    resource: (key) => upstream.resource(key),
    isGone: (key) => upstream.isGone(key),
  });
  // A name that somebody else defines may become free.
  const unwatch = store.watch(store.state().revision, () => {
    if (isRefused) schedule();
  });

  function schedule(): void {
    isAgain = isCommitting;
    if (isClosed || isCommitting || soon) return;
    const isWhole = upstream.awaited().isSubsetOf(settled);
    if (isWhole) commitSoon();
    else deadline ??= setTimeout(commitSoon, xds.gatherMs);
  }

  /** After all that came at once. */
  function commitSoon(): void {
    clearTimeout(deadline);
    deadline = undefined;
    soon ??= setImmediate(() => {
      soon = undefined;
      if (isCommitting || isClosed) return;
      isCommitting = true;
      committing = commit().finally(() => {
        isCommitting = false;
        if (isAgain || (writer.isDue && !isRefused && !retry)) schedule();
      });
    });
  }

  async function commit(): Promise<void> {
    clearTimeout(retry);
    retry = undefined;
    settled = upstream.awaited();
    const since = dirtySince ?? performance.now();
    dirtySince = undefined;
    const emptied = allowEmpty ? [] : emptiedTypes(store.state());
    if (emptied.length > 0) {
      isRefused = true;
      report(emptied.map(emptiedFault));
      markLoaded();
      return;
    }
    try {
      await write(since);
    } catch (error) {
      if (isClosed) return;
      const message = `what the upstream gives cannot be committed: ${(error as Error).message}`;
      report([{ severity: "error", rule: "source.failed", message, pointer: "" }]);
      retry = setTimeout(schedule, RETRY_MS);
    }
  }

  async function write(since: number): Promise<void> {
    const { report: result, refused } = await writer.write();
    if (isClosed) return;
    isRefused = refused.length > 0;
    hasWritten ||= !isRefused;
    report(refused);
    markLoaded();
    const warnings = [...upstream.takeWarnings(), ...result.warnings];
    if (!result.changed && warnings.length === 0) return;
    const tookMs = performance.now() - since;
    const { revision } = result;
    const groups = isRefused ? [] : [group];
    sourceChannel("fairlead:source:committed").publish({ source: name, revision, groups, warnings, tookMs });
  }

  function report(faults: readonly Fault[]): void {
    const all = [...upstream.rejections(), ...faults];
    tracker.reportGroup(group, all, store.state().groups.get(group)?.owners.has(name) === true);
  }

  /** Types that the upstream has nothing of any more, and had. */
  function emptiedTypes(state: StoreState): string[] {
    const owned = state.groups.get(group)?.owners.get(name);
    if (!owned) return [];
    return upstream.emptyTypes().filter((typeUrl) => [...owned.values()].some((key) => key.typeUrl === typeUrl));
  }

  function emptiedFault(typeUrl: string): Fault {
    const message = `the upstream gives nothing of ${typeUrl} any more; what it gave before is served. To take everything from the proxies, set allowEmpty: true`;
    return { severity: "error", rule: "group.emptied", message, pointer: "", group, typeUrl };
  }

  return {
    loaded: loaded.promise,
    reread: () => upstream.reread(),
    hasGroup: (other) => other === group,
    async close() {
      isClosed = true;
      clearTimeout(patience);
      clearTimeout(deadline);
      clearTimeout(retry);
      clearImmediate(soon);
      unwatch();
      await upstream.close();
      await committing;
      loaded.resolve();
    },
  };
}
