import type { Resource } from "@fairlead/xds";
import { parseHostPort } from "../../config/host-port.ts";
import type { EtcdSourceConfig } from "../../config/sources-schema.ts";
import { isGroupName } from "../../groups/name.ts";
import type { ParseResource } from "../../resources/parse.ts";
import { createEtcdClient, type KeyValue } from "../../store/etcd/client.ts";
import { followKeys } from "../../store/etcd/follow.ts";
import { keyOf, type ResourceKey } from "../../store/store.ts";
import type { Committer } from "../../validation/commit.ts";
import type { Fault } from "../../validation/fault.ts";
import { sourceChannel } from "../channels.ts";
import { clusterJson, endpointsJson } from "../dns/cluster-of.ts";
import type { FoundEndpoint } from "../dns/lookup.ts";
import { tlsReader } from "../read-tls.ts";
import type { Source } from "../source.ts";
import { type RunStart, type SourceRun, sourceOfRuns } from "../source-of-runs.ts";
import { createStoreWriter, type StoreWriter } from "../store-writer.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { readResources } from "./read-resources.ts";

/** Settings of {@link createEtcdSource}. */
export interface EtcdSourceOptions {
  readonly name: string;
  /** The group of what has none in its key. */
  readonly group: string;
  /** Whether the keys of a group may all go. */
  readonly allowEmpty: boolean;
  readonly etcd: EtcdSourceConfig;
  readonly committer: Committer;
  readonly parse: ParseResource;
}

/** After the store failed, the next attempt, ms. */
const RETRY_MS = 1_000;
/** What is wrong with one key alone. */
const KEY_RULE = "etcd.key";

/**
 * Keys of etcd below a prefix as a {@link Source}: each holds resources, or an instance of a service. A group one of whose
 * keys is wrong keeps its last good state, as with files.
 */
export function createEtcdSource(options: EtcdSourceOptions): Source {
  return sourceOfRuns(options.name, (start) => startRun(options, start));
}

/** What one key holds. */
interface Held {
  readonly text: string;
  readonly group: string;
  /** The service, where keys are instances. */
  readonly service: string | undefined;
  readonly endpoint: FoundEndpoint | undefined;
  readonly resources: readonly Resource[];
  readonly faults: readonly Fault[];
}

interface Group {
  readonly writer: StoreWriter;
  readonly keys: Set<string>;
  /** What the keys come to, made anew at each commit. */
  resources: ReadonlyMap<string, Resource>;
  refused: readonly Fault[];
}

/** From a start to the next end. */
function startRun(options: EtcdSourceOptions, { tracker, groupsChanged, onLoaded }: RunStart): SourceRun {
  const { name, etcd, committer, parse, allowEmpty } = options;
  const { store } = committer;
  const warn = (message: string) => sourceChannel("fairlead:source:warning").publish({ source: name, message });
  const client = createEtcdClient({
    endpoints: etcd.endpoints.map((text) => parseHostPort(text)!),
    tls: etcd.tls && tlsReader(etcd.tls, warn),
    username: etcd.username,
    password: etcd.password,
  });
  const loaded = Promise.withResolvers<void>();
  const byKey = new Map<string, Held>();
  const groups = new Map<string, Group>();
  const touched = new Set<string>();
  let isClosed = false;
  let isWhole = false;
  let since: number | undefined;
  let soon: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const stop = followKeys(client, etcd.prefix, {
    whole(values) {
      for (const key of [...byKey.keys()]) if (!values.has(key)) set(key, undefined);
      for (const [key, value] of values) set(key, value);
      // What was brought before the last restart and is in no key any more.
      for (const [group, { owners }] of store.state().groups) if (owners.has(name)) touched.add(group);
      isWhole = true;
      writeSoon();
    },
    changed(key, value) {
      set(key, value);
      writeSoon();
    },
    reachable(isReachable, why) {
      const message = `etcd at ${etcd.endpoints.join(", ")} does not answer (${why}); what it gave before is served, and it is asked again`;
      tracker.reportAll(isReachable ? [] : [{ severity: "error", rule: "source.unreachable", message, pointer: "" }]);
      const isRestored = [...store.state().groups.values()].some(({ owners }) => owners.has(name));
      if (!isReachable && isRestored) markLoaded();
    },
  });
  const unwatch = store.watch(store.state().revision, () => {
    const refused = [...groups].filter(([, group]) => group.refused.length > 0);
    for (const [group] of refused) touched.add(group);
    if (refused.length > 0) writeSoon();
  });

  function markLoaded(): void {
    onLoaded();
    loaded.resolve();
  }

  function set(key: string, value: KeyValue | undefined): void {
    const text = value && Buffer.from(value.value).toString();
    const before = byKey.get(key);
    if (before?.text === text) return;
    if (before) {
      groups.get(before.group)?.keys.delete(key);
      touched.add(before.group);
      byKey.delete(key);
    }
    if (text === undefined) return;
    const held = readBehind(key, text, before);
    byKey.set(key, held);
    groupOf(held.group).keys.add(key);
    touched.add(held.group);
  }

  /** An instance that makes no sense for a moment is where it was before. */
  function readBehind(key: string, text: string, before: Held | undefined): Held {
    const found = read(key, text);
    const isKept = etcd.holds === "endpoints" && found.faults.length > 0 && before?.endpoint !== undefined;
    return isKept ? { ...found, service: before.service, endpoint: before.endpoint } : found;
  }

  function read(key: string, text: string): Held {
    const path = key.slice(etcd.prefix.length).replace(/^\/+/, "").split("/");
    const nothing = { text, group: options.group, service: undefined, endpoint: undefined, resources: [] };
    const wrong = (message: string, group = options.group): Held => {
      return {
        ...nothing,
        group,
        faults: [{ severity: "error", rule: KEY_RULE, message: `${key}: ${message}`, pointer: "", group }],
      };
    };
    if (etcd.holds === "endpoints") {
      const service = path.slice(0, -1).join("/");
      if (service === "") return wrong("names no service: keys are PREFIX/SERVICE/INSTANCE");
      const endpoint = readEndpoint(text);
      return typeof endpoint === "string" ? wrong(endpoint) : { ...nothing, service, endpoint, faults: [] };
    }
    const group = path.length > 1 ? path[0]! : options.group;
    if (!isGroupName(group)) return wrong(`${JSON.stringify(group)} cannot name a group`);
    const { resources, faults } = readResources(text, parse);
    const told = faults.map((fault): Fault => ({ ...fault, group, message: `${key}: ${fault.message}` }));
    return { ...nothing, group, resources, faults: told };
  }

  function groupOf(group: string): Group {
    const known = groups.get(group);
    if (known) return known;
    const made: Group = {
      keys: new Set(),
      resources: new Map(),
      refused: [],
      writer: createStoreWriter({
        owner: name,
        group,
        committer,
        withdrawsElsewhere: false,
        resource: (key) => made.resources.get(keyOf(key)),
        isGone: () => isWhole,
      }),
    };
    groups.set(group, made);
    return made;
  }

  /** After all that came at once. */
  function writeSoon(): void {
    if (isClosed || soon || writing || !isWhole) return;
    soon = setImmediate(() => {
      soon = undefined;
      clearTimeout(retry);
      writing = writeAll().finally(() => {
        writing = undefined;
        if (touched.size > 0 && !retry) writeSoon();
      });
    });
    since ??= performance.now();
  }

  async function writeAll(): Promise<void> {
    retry = undefined;
    const batch = [...touched];
    touched.clear();
    for (const group of batch) {
      try {
        await writeGroup(group);
      } catch (error) {
        if (isClosed) return;
        touched.add(group);
        const message = `what etcd holds cannot be committed: ${(error as Error).message}`;
        tracker.reportGroup(
          group,
          [{ severity: "error", rule: "source.failed", message, pointer: "" }],
          isServed(group),
        );
        retry = setTimeout(() => {
          retry = undefined;
          writeSoon();
        }, RETRY_MS);
      }
      if (isClosed) return;
    }
    since = undefined;
    groupsChanged();
    markLoaded();
  }

  async function writeGroup(group: string): Promise<void> {
    const { keys, writer } = groupOf(group);
    const made = groupOf(group);
    const all = [...keys].sort().map((key) => [key, byKey.get(key)!] as const);
    const { resources, faults } = assemble(group, all);
    const errors = faults.filter(({ severity }) => severity === "error");
    if (errors.length === 0 && keys.size === 0 && isServed(group) && !allowEmpty) errors.push(emptied(group));
    const isBlocked = errors.some(({ rule }) => etcd.holds === "resources" || rule !== KEY_RULE);
    if (isBlocked || (keys.size === 0 && !isServed(group))) {
      tracker.reportGroup(group, errors, isServed(group));
      return;
    }
    writer.mark(differing(made.resources, resources));
    made.resources = resources;
    const { report, refused } = await writer.write();
    if (isClosed) return;
    made.refused = refused;
    tracker.reportGroup(group, [...errors, ...refused], isServed(group));
    const warnings = [...faults.filter(({ severity }) => severity === "warning"), ...report.warnings];
    if (!report.changed) return;
    const tookMs = performance.now() - (since ?? performance.now());
    const accepted = refused.length > 0 ? [] : [group];
    const { revision } = report;
    sourceChannel("fairlead:source:committed").publish({ source: name, revision, groups: accepted, warnings, tookMs });
  }

  /** What the keys of a group come to together. */
  function assemble(group: string, keys: readonly (readonly [string, Held])[]) {
    const resources = new Map<string, Resource>();
    const faults: Fault[] = [];
    const keyByResource = new Map<string, string>();
    const byService = new Map<string, FoundEndpoint[]>();
    for (const [key, { faults: own, resources: given, service, endpoint }] of keys) {
      faults.push(...own);
      if (service !== undefined && endpoint) {
        const known = byService.get(service);
        if (known) known.push(endpoint);
        else byService.set(service, [endpoint]);
      }
      for (const resource of given) {
        const id = keyOf(resource);
        const twin = keyByResource.get(id);
        const { typeUrl, name: called } = resource;
        const message = `${key} defines ${JSON.stringify(called)}, as ${twin} does: rename or remove one`;
        if (twin !== undefined) {
          faults.push({
            severity: "error",
            rule: "name.duplicate",
            message,
            pointer: "",
            group,
            typeUrl,
            name: called,
          });
        }
        keyByResource.set(id, key);
        resources.set(id, resource);
      }
    }
    for (const [service, endpoints] of byService) {
      const cluster = { query: service, type: "A", onlyEndpoints: false, cluster: etcd.cluster } as const;
      for (const json of [endpointsJson(cluster, endpoints), clusterJson(cluster)]) {
        const parsed = parse(json);
        faults.push(...parsed.faults);
        if (parsed.resource) resources.set(keyOf(parsed.resource), parsed.resource);
      }
    }
    return { resources, faults };
  }

  function isServed(group: string): boolean {
    return store.state().groups.get(group)?.owners.has(name) === true;
  }

  function emptied(group: string): Fault {
    const message = `no key below ${etcd.prefix} is of group ${group} any more; what there was is served. To take it from the proxies, set allowEmpty: true`;
    return { severity: "error", rule: "group.emptied", message, pointer: "", group };
  }

  return {
    loaded: loaded.promise,
    hasGroup: (group) => (groups.get(group)?.keys.size ?? 0) > 0,
    reread() {
      for (const [key, before] of [...byKey]) {
        byKey.set(key, readBehind(key, before.text, before));
        touched.add(byKey.get(key)!.group);
      }
      writeSoon();
    },
    async close() {
      isClosed = true;
      stop();
      unwatch();
      clearImmediate(soon);
      clearTimeout(retry);
      await writing;
      client.close();
      loaded.resolve();
    },
  };
}

function differing(before: ReadonlyMap<string, Resource>, after: ReadonlyMap<string, Resource>): ResourceKey[] {
  const keys: ResourceKey[] = [];
  for (const [id, { typeUrl, name }] of before) if (after.get(id) !== before.get(id)) keys.push({ typeUrl, name });
  for (const [id, { typeUrl, name }] of after) if (!before.has(id)) keys.push({ typeUrl, name });
  return keys;
}
