import { setTimeout } from "node:timers/promises";
import { type ClientStatus, type EdgeCounts, type NodeIdentity, SnapshotCache, type XdsServer } from "@fairlead/xds";
import type { Logger } from "pino";
import { createApiResources } from "./admin/api-resources.ts";
import { createAdminApp } from "./admin/app.ts";
import { createEventLog } from "./admin/event-log.ts";
import { closeAdmin, listenAdmin } from "./admin/listen.ts";
import { faultsOfGroup, readinessOf } from "./admin/readiness.ts";
import { keepHistory } from "./admin/revision-history.ts";
import type { ServerDocument } from "./admin/schemas/health.ts";
import { type Config, configOf, formatHostPort, type HostPort, parseHostPort } from "./config/config.ts";
import { compileGroupRules } from "./groups/compile.ts";
import { compileIncludes, type Includes, withDerived } from "./groups/includes.ts";
import { createProfiler } from "./profiles/profiler.ts";
import { type ParseResource, resourceParser } from "./resources/parse.ts";
import { createFilesSource } from "./sources/files/files-source.ts";
import type { ProgramOptions } from "./sources/files/parse-program.ts";
import { createNodeGroups, type NodeGroups } from "./sources/nodes/node-groups.ts";
import type { Source, SourceStatus } from "./sources/source.ts";
import type { ClusterJournal } from "./store/cluster-journal.ts";
import { feedCache } from "./store/feed-cache.ts";
import { createMemoryStore } from "./store/memory.ts";
import { keepJournal, recallClusters } from "./store/recall.ts";
import type { Store } from "./store/store.ts";
import { silentLog } from "./telemetry/log.ts";
import { logEvents } from "./telemetry/log-events.ts";
import { logSources } from "./telemetry/log-sources.ts";
import { measuredFrom } from "./telemetry/measured.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { readTypes } from "./types/read-types.ts";
import { createTypeRegistry } from "./types/type-registry.ts";
import { type Committer, createCommitter } from "./validation/commit.ts";
import { readVersion } from "./version.ts";
import { listenXds } from "./xds/listen.ts";

/** Before anything listens. */
const NO_EDGE: EdgeCounts = { connections: 0, queuedBytes: 0, partialBytes: 0, waitingStreams: 0 };

/** Options of {@link startFairlead}. */
export interface FairleadOptions {
  /** Every default filled in, as `loadConfig` or `configOf` makes it. Default: all defaults. */
  readonly config?: Config;
  /** Default: silent. */
  readonly log?: Logger;
}

/** A running control plane. */
export interface Fairlead {
  readonly xdsAddress: HostPort;
  /** Without a slash at its end. */
  readonly adminUrl: string;
  /** Resolves when every source has loaded once, and proxies are answered; or when it was closed before that. */
  readonly ready: Promise<void>;
  /**
   * Ends it: no longer ready, GOAWAY on every connection, streams have `drainMs` to end. Idempotent. Every part is ended,
   * whatever becomes of the others; then it rejects with what went wrong (several: a SuppressedError has them all).
   */
  close(): Promise<void>;
}

/**
 * Starts a control plane: sources feed the store, the store feeds the snapshot cache, the xDS server serves that, and
 * the admin API shows and changes it. Resolves when it listens; sources may still be loading.
 *
 * Until it is closed, one allocation of this thread in 512 KiB is sampled, for the heap profiles of the admin API.
 *
 * The admin port is bound first, and is the lock: a second control plane on it fails before it touches anything.
 *
 * @throws FairleadError `schema-unusable`, `address-in-use`, `address-unusable`
 */
export async function startFairlead(options: FairleadOptions = {}): Promise<Fairlead> {
  const { config = configOf(), log = silentLog() } = options;
  const configured = await readTypes(config);
  const journal = recallClusters(config, configured.schema, log);
  const onFollowerFault = (err: unknown) => log.error({ err }, "a fault in what follows the store");
  const store = createMemoryStore({ lastRevision: journal?.revision ?? 0, onFault: onFollowerFault });
  const history = keepHistory(store, { maxRevisions: config.admin.maxRevisions });
  const derived = new Map<string, string>();
  const includes = withDerived(compileIncludes(config.includes), derived);
  const committer = createCommitter(store, config.references, includes);
  const types = createTypeRegistry({ configured, store, changed: () => void reread(sources) });
  const parse: ParseResource = (json) => resourceParser(types.schema(), config.validation)(json);
  const programs = config.programs.enabled ? { schema: types.schema, limits: config.programs } : undefined;
  const nodeGroups =
    config.resources && programs
      ? createNodeGroups({
          root: config.resources,
          parse,
          programs,
          committer,
          derived,
          servedGroups: () =>
            new Set(Iterator.from(clients()).flatMap(({ group }) => (group === undefined ? [] : [group]))),
          forget: (group) => cache.forget(group),
        })
      : undefined;
  const sources = createSources(config, { committer, parse, programs, nodeGroups });
  const cache = createCache(config, { store, sources, includes, nodeGroups, journal, onFault: onFollowerFault });
  const stopJournal = keepJournal(journal, cache, log);
  const closing = new AbortController();
  let xds: XdsServer | undefined;

  const clients = (): Iterable<ClientStatus> => xds?.clients() ?? [];
  const workers = () => xds?.workers ?? [];
  const edge = () => xds?.edge ?? NO_EDGE;
  const readiness = () => readinessOf(statusesOf(sources), closing.signal.aborted, workers());
  const reach = (group: string, revision: number) => reachOf(committer, cache, group, revision);
  const events = createEventLog({ history, clients, reachOf: reach, maxEvents: config.admin.maxEvents });
  const metrics = createMetrics(
    measuredFrom({ store, sources, clients, edge, workers, isReady: () => readiness().ready }),
  );
  const profiler = createProfiler(closing.signal);
  const stopLogs = [logEvents(log), logSources(log)];
  const startedAt = new Date().toISOString();
  const listen = parseHostPort(config.admin.listen)!;
  const admin = await createAdminApp(
    {
      store,
      types,
      apiResources: createApiResources(committer, parse),
      clients,
      includes,
      reachOf: reach,
      deletedGroups: () => cache.deletedGroups(),
      forgetGroup: (group) => cache.forget(group),
      faultsOf: (group) => faultsOfGroup(statusesOf(sources), group),
      readiness,
      history,
      events,
      server: () => serverDocument(config, store, xds, startedAt),
      metrics,
      profiler,
      log,
      closing: closing.signal,
    },
    { maxBodyBytes: config.admin.maxBodyBytes, listenHost: listen.host },
  );

  // Ended from the last to the first, each of them, even if one fails.
  const parts = new AsyncDisposableStack();
  for (const stopLog of stopLogs) parts.defer(stopLog);
  parts.defer(() => metrics.close());
  parts.defer(() => profiler.close());
  parts.defer(stopJournal);
  parts.defer(() => store.close());
  parts.defer(() => history.close());
  parts.defer(() => events.close());
  parts.defer(() => committer.close());
  // Files first: they tell the groups of nodes what to run.
  for (const source of sources.toReversed()) parts.defer(() => source.close());
  let adminAddress: HostPort;
  try {
    adminAddress = await listenAdmin(admin, listen);
    const onFault = (err: unknown) => log.error({ err }, "a fault in the xDS server");
    xds = await listenXds(config, { source: cache, schema: types.schema, onFault });
  } catch (error) {
    parts.defer(() => closeAdmin(admin));
    await parts.disposeAsync().catch((err: unknown) => log.error({ err }, "a fault while ending what had begun"));
    throw error;
  }

  parts.defer(feedCache(store, cache, includes));
  parts.defer(() => closeAdmin(admin));
  parts.defer(() => xds!.close());
  parts.defer(() => drain(xds!, config.drainMs));
  const adminUrl = `http://${formatHostPort(adminAddress)}`;
  const where = { xds: formatHostPort(xds.address), admin: adminUrl, resources: config.resources };
  log.info({ ...where, workers: xds.workers.length }, "listening");
  const ready = Promise.all(sources.map((source) => source.start(() => cache.regroup()))).then(() => {
    if (closing.signal.aborted) return;
    cache.markReady();
    const groups = store.state().groups.size;
    const hint = "nothing is served yet: give a directory of resources, or PUT some to the admin API";
    log.info({ revision: store.state().revision, groups, ...(groups === 0 && { hint }) }, "ready");
  });

  const close = async () => {
    closing.abort();
    await parts.disposeAsync();
  };
  let closed: Promise<void> | undefined;
  return { xdsAddress: xds.address, adminUrl, ready, close: () => (closed ??= close()) };
}

interface SourceParts {
  readonly committer: Committer;
  readonly parse: ParseResource;
  readonly programs: ProgramOptions | undefined;
  readonly nodeGroups: NodeGroups | undefined;
}

function createSources(config: Config, parts: SourceParts): readonly Source[] {
  if (config.resources === undefined) return [];
  const { debounceMs, settleMs, pollMs } = config.reload;
  const { resources: root, allowEmpty } = config;
  const { nodeGroups, ...shared } = parts;
  const nodePrograms = nodeGroups?.setPrograms;
  const timings = { debounceMs, settleMs, pollMs };
  const files = createFilesSource({ root, ...shared, nodePrograms, allowEmpty, ...timings });
  return nodeGroups ? [files, nodeGroups] : [files];
}

interface CacheParts {
  readonly store: Store;
  readonly sources: readonly Source[];
  readonly includes: Includes;
  readonly nodeGroups: NodeGroups | undefined;
  readonly journal: ClusterJournal | undefined;
  readonly onFault: (error: unknown) => void;
}

function createCache(
  config: Config,
  { store, sources, includes, nodeGroups, journal, onFault }: CacheParts,
): SnapshotCache {
  const rules = compileGroupRules(config.groups);
  const own = nodeGroups?.groupOf ?? ((_node: NodeIdentity, group: string) => group);
  const isDefined = (group: string) =>
    store.state().groups.has(group) || includes.named.has(group) || sources.some((source) => source.hasGroup(group));
  return new SnapshotCache({
    groupOf: (node, isRemembered) => {
      const group = rules(node, (group) => isRemembered(group) || isDefined(group));
      return group === undefined ? undefined : own(node, group);
    },
    former: journal?.restored,
    waitsUntilReady: true,
    onFault,
  });
}

/** Of the groups that include another, only those that a change of it changed at that revision or since. */
function reachOf(committer: Committer, cache: SnapshotCache, group: string, revision: number): ReadonlySet<string> {
  const isReached = (other: string) => (cache.snapshotOf(other)?.revision ?? 0) >= revision;
  return new Set([group, ...[...committer.includersOf(group)].filter(isReached)]);
}

function serverDocument(config: Config, store: Store, xds: XdsServer | undefined, startedAt: string): ServerDocument {
  const { tls } = config.xds;
  return {
    version: readVersion(),
    ...(xds && {
      xds: { ...xds.address, tls: tls !== undefined, clientCertificates: tls?.clientCa !== undefined },
    }),
    revision: store.state().revision,
    startedAt,
  };
}

/** What was unknown may be known now, and may mean something else. */
async function reread(sources: readonly Source[]): Promise<void> {
  await Promise.all(sources.map((source) => source.reread?.()));
}

function statusesOf(sources: readonly Source[]): SourceStatus[] {
  return sources.map((source) => source.status());
}

/** Streams get `drainMs` to end by themselves. */
async function drain(xds: XdsServer, drainMs: number): Promise<void> {
  const timer = new AbortController();
  const late = setTimeout(drainMs, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([xds.drain(), late]);
  timer.abort();
}
