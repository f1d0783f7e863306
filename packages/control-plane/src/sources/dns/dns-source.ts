import { getServers } from "node:dns";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import { type DnsSourceConfig, parseDnsServer } from "../../config/sources-schema.ts";
import type { ParseResource } from "../../resources/parse.ts";
import { keyOf, type ResourceKey } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import type { Fault } from "../../validation/fault.ts";
import { sourceChannel } from "../channels.ts";
import type { Source } from "../source.ts";
import { type RunStart, type SourceRun, sourceOfRuns } from "../source-of-runs.ts";
import { createStoreWriter } from "../store-writer.ts";
import { clusterJson, clusterName, type DnsCluster, endpointsJson } from "./cluster-of.ts";
import { createDnsClient } from "./dns-client.ts";
import { type Lookup, type LookupOf, lookUp } from "./lookup.ts";

/** Settings of {@link createDnsSource}. */
export interface DnsSourceOptions {
  readonly name: string;
  /** The group that everything goes into. */
  readonly group: string;
  /** Whether a name that no longer exists, or has no more records, leaves its cluster without endpoints. */
  readonly allowEmpty: boolean;
  readonly dns: DnsSourceConfig;
  readonly committer: Committer;
  readonly parse: ParseResource;
}

/** Names looked up at once, at most. */
const MAX_AT_ONCE = 32;
/** After the store failed, the next attempt, ms. */
const RETRY_MS = 1_000;
/** A TTL is used up by so much at least: fleets must not ask in step. */
const JITTER = 0.1;

/**
 * Names in DNS as a {@link Source}: each is a cluster and its endpoints, looked up anew when its TTL is over. A name that
 * can't be looked up keeps the endpoints of before.
 */
export function createDnsSource(options: DnsSourceOptions): Source {
  return sourceOfRuns(options.name, (start) => startRun(options, start));
}

/** A cluster and what is known of it. */
interface Watched {
  readonly cluster: DnsCluster;
  readonly index: number;
  last: Lookup | undefined;
  fault: Fault | undefined;
  /** Lookups in a row that no server answered. */
  failures: number;
  /** Lookups in a row that brought nothing, for whatever reason. */
  misses: number;
  timer: NodeJS.Timeout | undefined;
}

/** From a start to the next end. */
function startRun(options: DnsSourceOptions, { tracker, onLoaded }: RunStart): SourceRun {
  const { name, group, dns, committer, parse, allowEmpty } = options;
  const client = createDnsClient({ servers: serversOf(dns), timeoutMs: dns.timeoutMs });
  const closing = new AbortController();
  const loaded = Promise.withResolvers<void>();
  const watched = dns.clusters.map((cluster, index): Watched => {
    return { cluster, index, last: undefined, fault: undefined, failures: 0, misses: 0, timer: undefined };
  });
  const resources = new Map<string, Resource>();
  const configured = new Set(dns.clusters.map(clusterName));
  const due: Watched[] = [];
  const running = new Set<Promise<void>>();
  let unseen = watched.length;
  let dirtySince: number | undefined;
  let soon: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let refused: readonly Fault[] = [];
  let isFailed = false;
  const writer = createStoreWriter({
    owner: name,
    group,
    committer,
    resource: (key) => resources.get(keyOf(key)),
    // What was known before of a name that fails now stays.
    isGone: (key) => !configured.has(key.name),
  });
  const unwatch = committer.store.watch(committer.store.state().revision, () => {
    if (refused.length > 0) writeSoon();
  });

  function start(): void {
    while (running.size < MAX_AT_ONCE && due.length > 0) {
      const work = look(due.shift()!).finally(() => {
        running.delete(work);
        if (!closing.signal.aborted) start();
      });
      running.add(work);
    }
  }

  async function look(one: Watched): Promise<void> {
    const isFirst = one.last === undefined && one.failures === 0 && one.fault === undefined;
    try {
      const found = await lookUp(client, lookupOf(one.cluster), closing.signal);
      one.failures = 0;
      take(one, found);
      if (found.emptiness === undefined) {
        one.misses = 0;
        const ttlMs = found.ttlMs * (1 - JITTER * Math.random());
        again(one, Math.max(dns.minPollMs, Math.min(dns.maxPollMs, ttlMs)));
      } else againAfterMiss(one);
    } catch (error) {
      if (closing.signal.aborted) return;
      one.failures++;
      one.fault = faultOf(one, `cannot be looked up: ${(error as Error).message}`, "dns.failed");
      againAfterMiss(one);
    }
    if (isFirst) unseen--;
    report();
    if (unseen === 0 && resources.size > 0) writeSoon();
    // Nothing is known of any name: an empty group would be a lie.
    if (unseen === 0 && resources.size === 0) markLoaded();
  }

  function againAfterMiss(one: Watched): void {
    const waitMs = Math.min(dns.maxPollMs, dns.minPollMs * 2 ** Math.min(one.misses++, 30));
    again(one, waitMs * (1 - Math.random() / 2));
  }

  function again(one: Watched, inMs: number): void {
    one.timer = setTimeout(() => {
      due.push(one);
      start();
    }, inMs);
  }

  function take(one: Watched, found: Lookup): void {
    const { emptiness } = found;
    const knows = one.last !== undefined && one.last.endpoints.length > 0;
    if (emptiness !== undefined && !allowEmpty) {
      const what = emptiness === "NXDOMAIN" ? "does not exist (NXDOMAIN)" : "has no such records (NODATA)";
      const kept = knows ? `; its ${one.last!.endpoints.length} endpoints of before stay` : "";
      one.fault = faultOf(one, `${what}${kept}: allowEmpty: true takes that for the truth`, "dns.empty");
      return;
    }
    one.fault = undefined;
    if (one.last && JSON.stringify(one.last.endpoints) === JSON.stringify(found.endpoints)) return;
    one.last = found;
    make(one);
  }

  /** Makes the resources of a cluster. */
  function make(one: Watched): void {
    const { cluster, last } = one;
    if (!last) return;
    const jsons = [endpointsJson(cluster, last.endpoints), ...(cluster.onlyEndpoints ? [] : [clusterJson(cluster)])];
    const parsed = jsons.map((json) => parse(json));
    const fault = parsed.flatMap(({ faults }) => faults).find(({ severity }) => severity === "error");
    if (fault) {
      const pointer = `/sources/${name}/dns/clusters/${one.index}/cluster${fault.pointer}`;
      one.fault = { ...fault, pointer };
      return;
    }
    for (const { resource } of parsed) {
      resources.set(keyOf(resource!), resource!);
      mark({ typeUrl: resource!.typeUrl, name: resource!.name });
    }
  }

  function mark(key: ResourceKey): void {
    writer.mark([key]);
    dirtySince ??= performance.now();
  }

  /** After all that came at once; at first, when every name was looked up. */
  function writeSoon(): void {
    if (closing.signal.aborted || soon || writing || !writer.isDue) return;
    soon = setImmediate(() => {
      soon = undefined;
      clearTimeout(retry);
      writing = write().finally(() => {
        writing = undefined;
        if (isFailed) retry = setTimeout(writeSoon, RETRY_MS);
        else if (refused.length === 0 && resources.size > 0) writeSoon();
      });
    });
  }

  async function write(): Promise<void> {
    const since = dirtySince ?? performance.now();
    dirtySince = undefined;
    isFailed = false;
    try {
      const { report: result, refused: faults } = await writer.write();
      if (closing.signal.aborted) return;
      refused = faults;
      if (result.changed || result.warnings.length > 0) {
        const { revision, warnings } = result;
        const groups = faults.length > 0 ? [] : [group];
        const message = { source: name, revision, groups, warnings, tookMs: performance.now() - since };
        sourceChannel("fairlead:source:committed").publish(message);
      }
    } catch (error) {
      if (closing.signal.aborted) return;
      const message = `what DNS says cannot be committed: ${(error as Error).message}`;
      isFailed = true;
      tracker.reportGroup(group, [{ severity: "error", rule: "source.failed", message, pointer: "" }], true);
      return;
    }
    report();
    markLoaded();
  }

  function markLoaded(): void {
    onLoaded();
    loaded.resolve();
  }

  function report(): void {
    if (unseen > 0) return;
    const isServed = committer.store.state().groups.get(group)?.owners.has(name) === true;
    tracker.reportGroup(group, [...watched.flatMap(({ fault }) => fault ?? []), ...refused], isServed);
    const isDeaf = watched.every(({ failures }) => failures > 0);
    tracker.reportAll(isDeaf ? [deafFault(serversOf(dns).length)] : []);
  }

  function faultOf({ cluster, index }: Watched, what: string, rule: string): Fault {
    const message = `cluster ${JSON.stringify(clusterName(cluster))}: ${cluster.query} ${what}`;
    const pointer = `/sources/${name}/dns/clusters/${index}`;
    return {
      severity: "error",
      rule,
      message,
      pointer,
      group,
      typeUrl: TYPE_URLS.endpoints,
      name: clusterName(cluster),
    };
  }

  due.push(...watched);
  start();
  return {
    loaded: loaded.promise,
    reread() {
      for (const one of watched) make(one);
      if (unseen === 0) writeSoon();
    },
    hasGroup: (other) => other === group,
    async close() {
      closing.abort();
      unwatch();
      clearImmediate(soon);
      clearTimeout(retry);
      for (const { timer } of watched) clearTimeout(timer);
      await Promise.all([...running, writing]);
      loaded.resolve();
    },
  };
}

function serversOf({ servers }: DnsSourceConfig) {
  return (servers ?? getServers()).flatMap((server) => parseDnsServer(server) ?? []);
}

function lookupOf({ query, type, port = 0 }: DnsCluster): LookupOf {
  const auto = query.startsWith("_") ? "SRV" : "A or AAAA";
  return { query, type: type === "auto" ? auto : type, port };
}

function deafFault(servers: number): Fault {
  const message = `none of the ${servers} DNS servers answers; the endpoints of before are served, and they are asked again`;
  return { severity: "error", rule: "source.unreachable", message, pointer: "" };
}
