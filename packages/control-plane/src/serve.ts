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
import { compileIncludes, type Includes, withDerived } from "./groups/includes.ts";
import { createStoredRules, type StoredRules } from "./groups/stored-rules.ts";
import { createProfiler } from "./profiles/profiler.ts";
import { createRegistry } from "./registry/create-registry.ts";
import { forwardByAdmin } from "./registry/forward-heartbeats.ts";
import { registryService } from "./registry/grpc/registry-service.ts";
import { createDerivation } from "./registry/resources/create-derivation.ts";
import { commitAsLeader } from "./replicas/commit-as-leader.ts";
import { createReplicas } from "./replicas/create-replicas.ts";
import { electSources } from "./replicas/elect-sources.ts";
import { createLeadership } from "./replicas/leadership.ts";
import { type ParseResource, resourceParser } from "./resources/parse.ts";
import { loadSources } from "./sources/load-sources.ts";
import { createNodeGroups, type NodeGroups, restoreNodeGroups } from "./sources/nodes/node-groups.ts";
import type { Source, SourceStatus } from "./sources/source.ts";
import { withdrawStrays } from "./sources/withdraw-strays.ts";
import { type DroppedByGroup, recallDropped } from "./store/dropped-lately.ts";
import { feedCache } from "./store/feed-cache.ts";
import { openConfiguredStore } from "./store/open-configured.ts";
import type { Store } from "./store/store.ts";
import { silentLog } from "./telemetry/log.ts";
import { logEvents } from "./telemetry/log-events.ts";
import { logRegistry } from "./telemetry/log-registry.ts";
import { logReplicas } from "./telemetry/log-replicas.ts";
import { logSources } from "./telemetry/log-sources.ts";
import { logRestored, logStore } from "./telemetry/log-store.ts";
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
  /** Ends a start that waits for its store, with `store-closed`. */
  readonly signal?: AbortSignal;
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
 * The store is opened first, which one with a file is for one process at a time; then the admin port is bound: a second control plane on
 * either fails before it changes anything.
 *
 * @throws FairleadError `schema-unusable`, `store-unusable`, `store-unavailable`, `replica-id-taken`, `address-in-use`, `address-unusable`
 */
export async function startFairlead(options: FairleadOptions = {}): Promise<Fairlead> {
  const { config = configOf(), log = silentLog() } = options;
  const configured = await readTypes(config);
  const createSources = await loadSources(config);
  const onFault = (err: unknown) => log.error({ err }, "a fault in what follows the store");
  const derivation = createDerivation(configured.schema, config);
  const { store, replicate, release } = await openConfiguredStore(config, {
    derive: derivation.derive,
    onFault,
    log,
    signal: options.signal,
  });
  const { isShared } = store.status();
  const history = keepHistory(store, { maxRevisions: config.admin.maxRevisions });
  const derived = restoreNodeGroups(store.state());
  const includes = withDerived(compileIncludes(config.includes), derived);
  const lookBack = { droppedForMs: config.xds.timings.listenerDrainMs, onFault, signal: options.signal };
  const dropped = await recallDropped(store, includes, lookBack).catch(async (error: unknown) => {
    await store.close();
    release();
    throw error;
  });
  const committer = createCommitter(store, config.references, includes);
  const types = createTypeRegistry({ configured, store, changed: () => void reread(sources) });
  const parse: ParseResource = (json) => resourceParser(types.schema(), config.validation)(json);
  const programs = config.programs.enabled ? { schema: types.schema, limits: config.programs } : undefined;
  const nodeGroups =
    config.resources && programs && !isShared
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
  const replicas = createReplicas(config, { isShared, replicate });
  const replica = replicas.self.id;
  const leadership = createLeadership({ store, name: "sources", replica, isElected: replicas.sources.isLeader });
  const asLeader = isShared ? commitAsLeader(committer, leadership) : committer;
  const makeSources = () => createSources({ committer: asLeader, parse, schema: types.schema, programs, nodeGroups });
  const registry = createRegistry({
    store,
    membership: replicas.membership,
    forward: forwardByAdmin(replicas),
    limits: config.registry,
  });
  const sources = isShared
    ? electSources({ make: makeSources, store, replica, election: replicas.sources, leadership, onFault })
    : makeSources();
  const rules = createStoredRules(store, config.groups);
  const cache = createCache({ store, rules, sources, includes, nodeGroups, dropped, onFault });
  const closing = new AbortController();
  let xds: XdsServer | undefined;

  const clients = (): Iterable<ClientStatus> => xds?.clients() ?? [];
  const workers = () => xds?.workers ?? [];
  const edge = () => xds?.edge ?? NO_EDGE;
  const standing = () => ({ status: store.status(), revision: store.state().revision });
  const readiness = () => readinessOf(statusesOf(sources), closing.signal.aborted, workers(), standing());
  const reach = (group: string, revision: number) => reachOf(committer, cache, group, revision);
  const events = createEventLog({ history, clients, reachOf: reach, maxEvents: config.admin.maxEvents });
  const metrics = createMetrics(
    measuredFrom({ store, sources, registry, clients, edge, workers, isReady: () => readiness().ready }),
  );
  const profiler = createProfiler(closing.signal);
  const stopLogs = [
    logEvents(log),
    logSources(log),
    logRegistry(log),
    logStore(log, store),
    logReplicas(log, replicas),
  ];
  const startedAt = new Date().toISOString();
  const listen = parseHostPort(config.admin.listen)!;
  const admin = await createAdminApp(
    {
      store,
      registry,
      committer,
      types,
      apiResources: createApiResources(committer, parse),
      clients,
      rules,
      includes,
      reachOf: reach,
      deletedGroups: () => cache.deletedGroups(),
      forgetGroup: (group) => cache.forget(group),
      faultsOf: (group) => [...faultsOfGroup(statusesOf(sources), group), ...derivation.faultsOf(group)],
      templates: derivation.checks(() => store.state()),
      replicas,
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
  parts.defer(release);
  parts.defer(() => store.close());
  parts.defer(() => registry.close());
  parts.defer(() => history.close());
  parts.defer(() => events.close());
  parts.defer(() => committer.close());
  parts.defer(() => replicas.close());
  // Files first: they tell the groups of nodes what to run.
  for (const source of sources.toReversed()) parts.defer(() => source.close());
  let adminAddress: HostPort;
  try {
    adminAddress = await listenAdmin(admin, listen);
    const onXdsFault = (err: unknown) => log.error({ err }, "a fault in the xDS server");
    await replicas.join(adminAddress, options.signal);
    xds = await listenXds(config, {
      source: cache,
      schema: types.schema,
      identifier: replicas.self.id,
      registry: registryService(registry, store),
      onFault: onXdsFault,
    });
  } catch (error) {
    parts.defer(() => closeAdmin(admin));
    await parts.disposeAsync().catch((err: unknown) => log.error({ err }, "a fault while ending what had begun"));
    throw error;
  }

  parts.defer(feedCache(store, cache, includes));
  // After it: a group that came with the rules is there by then.
  parts.defer(
    rules.follow(({ from, rules: { length } }) => {
      cache.regroup();
      log.info({ from, rules: length }, "group rules changed");
    }),
  );
  parts.defer(() => closeAdmin(admin));
  parts.defer(() => xds!.close());
  parts.defer(() => drain(xds!, config.drainMs));
  const adminUrl = `http://${formatHostPort(adminAddress)}`;
  const where = { xds: formatHostPort(xds.address), admin: adminUrl, resources: config.resources };
  log.info({ ...where, workers: xds.workers.length }, "listening");
  logRestored(log, store);
  // Of replicas, another one may have a configuration that this one has not yet, or has no more.
  const withdraw = async () => {
    if (!isShared && !closing.signal.aborted) await withdrawStrays({ committer, config, sources }).catch(onFault);
  };
  const startAll = async () => {
    if (closing.signal.aborted) return;
    await Promise.all(sources.map((source) => source.start(() => cache.regroup())));
  };
  const ready = withdraw()
    .then(startAll)
    .then(withdraw)
    .then(() => {
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

interface CacheParts {
  readonly store: Store;
  readonly rules: StoredRules;
  readonly sources: readonly Source[];
  readonly includes: Includes;
  readonly nodeGroups: NodeGroups | undefined;
  readonly dropped: DroppedByGroup;
  readonly onFault: (error: unknown) => void;
}

function createCache({ store, rules, sources, includes, nodeGroups, dropped, onFault }: CacheParts): SnapshotCache {
  const own = nodeGroups?.groupOf ?? ((_node: NodeIdentity, group: string) => group);
  const isDefined = (group: string) =>
    store.state().groups.has(group) || includes.named.has(group) || sources.some((source) => source.hasGroup(group));
  return new SnapshotCache({
    groupOf: (node, isRemembered) => {
      const group = rules.choose(node, (group) => isRemembered(group) || isDefined(group));
      return group === undefined ? undefined : own(node, group);
    },
    former: dropped,
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
