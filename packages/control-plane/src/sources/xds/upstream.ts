import { hostname } from "node:os";
import { canonicalName, type Schema, shortNameOf, TYPE_URLS, typeNameOf } from "@fairlead/envoy-api";
import {
  type ClientTls,
  createXdsClient,
  type HeldResource,
  type NodeToEncode,
  type Resource,
  type StreamStatus,
  servicePath,
  statusName,
  type Verdict,
  type Watch,
  type XdsResponse,
} from "@fairlead/xds";
import type { Config } from "../../config/config.ts";
import type { XdsSourceConfig } from "../../config/sources-schema.ts";
import { keyOf, type ResourceKey } from "../../store/store.ts";
import { type Fault, formatFault } from "../../validation/fault.ts";
import { readReceived } from "./read-received.ts";
import { createReferenceCounts } from "./reference-counts.ts";

/** Settings of {@link openUpstream}. */
export interface UpstreamOptions {
  readonly xds: XdsSourceConfig;
  readonly tls: (() => ClientTls) | undefined;
  readonly schema: () => Schema;
  readonly validation: Config["validation"];
  /** Told what came, changed or went with a response, which may be nothing; and that one was rejected. */
  readonly changed: (keys: readonly ResourceKey[]) => void;
  /** Told what is wrong with the connection; empty: it is well, and answers. */
  readonly reached: (faults: readonly Fault[]) => void;
  /** Told of what can't be asked for. */
  readonly warn: (message: string) => void;
}

/** Another xDS server, asked for resources, and all that it gave and that was good. */
export interface Upstream {
  resource(key: ResourceKey): Resource | undefined;
  /** What is expected of it and has not come: by key, or by type where it never answered. */
  awaited(): ReadonlySet<string>;
  /** Whether something that it does not give (any more) is known to be gone. */
  isGone(key: ResourceKey): boolean;
  /** Types of which all was asked for, and of which there is nothing. */
  emptyTypes(): readonly string[];
  /** Why its newest responses were rejected, where they were. */
  rejections(): readonly Fault[];
  /** Faults that kept nothing from being taken, since the last call. */
  takeWarnings(): readonly Fault[];
  /** Reads all that it gave anew: types are others than before. */
  reread(): void;
  /** Ends the stream. */
  close(): Promise<void>;
}

/** The most faults that a NACK tells. */
const MAX_TOLD = 10;

/** An upstream that does not take the stream says so sooner; one that knows of nothing new says nothing at all. */
const SILENCE_MS = 1_000;

/** A timer takes no more than that, 24 days: one that is longer would be due at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A `google.rpc.Code` that says for good that there is none. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;

interface Topic {
  readonly typeUrl: string;
  readonly isWildcard: boolean;
  /** Asked for in any case. */
  readonly fixed: readonly string[];
  names: ReadonlySet<string>;
  watch: Watch;
  isAnswered: boolean;
  /** Names that were asked for and are known not to exist. */
  readonly absent: Set<string>;
  /** What was read of the response that is being judged, by the upstream's names. */
  readonly fresh: Map<string, Resource>;
  rejected: readonly Fault[];
  size: number;
}

/** Begins to ask. One stream, or one per type, whatever becomes of what it gives. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const { xds, schema, validation, warn } = options;
  const { addresses, mode, ads } = xds;
  const topics = new Map<string, Topic>();
  const held = new Map<string, Resource>();
  const expiries = new Map<string, NodeJS.Timeout>();
  const counts = createReferenceCounts();
  const unreached = new Map<string | undefined, Fault>();
  const silences = new Map<string | undefined, NodeJS.Timeout>();
  let warnings: Fault[] = [];
  let wasReached = false;
  const [target, ...alternatives] = addresses as [string, ...string[]];
  const client = createXdsClient({
    target,
    alternatives,
    node: nodeOf(xds),
    mode,
    ads,
    userAgent: "fairlead",
    backoff: { baseMs: xds.minRetryMs, maxMs: xds.maxRetryMs },
    ...(options.tls && { tls: options.tls }),
    onStatus,
  });

  function onStatus(status: StreamStatus, typeUrl: string | undefined): void {
    clearTimeout(silences.get(typeUrl));
    if (status.kind === "open") reached(typeUrl);
    if (status.kind === "connecting" && status.isConnected) {
      silences.set(typeUrl, setTimeout(reached, SILENCE_MS, typeUrl));
    }
    // A server may end a stream that is old: only one that does not answer again is gone.
    if (status.kind !== "waiting" || (status.failures < 2 && wasReached)) return;
    unreached.set(typeUrl, goneFault(addresses, status.status, typeUrl));
    options.reached([...unreached.values()]);
  }

  function reached(typeUrl: string | undefined): void {
    wasReached = true;
    unreached.delete(typeUrl);
    options.reached([...unreached.values()]);
  }

  /** @param names `undefined`: all there are */
  function open(typeUrl: string, names: readonly string[] | undefined, fixed: readonly string[]): void {
    const topic: Topic = {
      typeUrl,
      isWildcard: names === undefined,
      fixed,
      names: new Set(names),
      watch: { change: () => {}, stop: () => {} },
      isAnswered: false,
      absent: new Set(),
      fresh: new Map(),
      rejected: [],
      size: 0,
    };
    topics.set(typeUrl, topic);
    topic.watch = client.watch(typeUrl, names ?? "*", {
      validate: (response) => judge(topic, response),
      onResponse: (response, verdict) => take(topic, response, verdict),
    });
  }

  /** Reads what is new in a response; a text is why it is rejected. */
  function judge(topic: Topic, response: XdsResponse): string | undefined {
    topic.fresh.clear();
    const faults: Fault[] = [];
    const known = client.resources(topic.typeUrl);
    for (const received of response.resources) {
      const { name, value } = received;
      const old = known.get(name);
      if (value === undefined || (old && isSame(old, { ...received, value }))) continue;
      const read = readReceived(schema(), validation, { ...received, value });
      faults.push(...read.faults);
      if (read.resource) topic.fresh.set(name, read.resource);
    }
    const errors = faults.filter(({ severity }) => severity === "error");
    topic.rejected = errors;
    if (errors.length === 0) {
      warnings.push(...faults);
      return undefined;
    }
    const more = errors.length > MAX_TOLD ? ` and ${errors.length - MAX_TOLD} more` : "";
    return errors.slice(0, MAX_TOLD).map(formatFault).join("; ") + more;
  }

  function take(topic: Topic, response: XdsResponse, verdict: Verdict): void {
    if (verdict.kind === "rejected") {
      if (topic.rejected.length === 0) topic.rejected = [malformed(topic.typeUrl, verdict.errorDetail.message)];
      topic.fresh.clear();
      options.changed([]);
      return;
    }
    const { typeUrl } = topic;
    topic.isAnswered = true;
    topic.rejected = [];
    const keys: ResourceKey[] = [];
    const known = client.resources(typeUrl);
    for (const { name } of response.resources) {
      const one = known.get(name);
      if (!one) continue; // not asked for any more
      keepAlive(one);
      const resource = topic.fresh.get(name) ?? (held.has(heldKey(one)) ? undefined : readAnew(one));
      if (resource) keys.push(put(topic, resource));
    }
    topic.fresh.clear();
    for (const name of verdict.removed) keys.push(...drop(topic, canonicalName(name)));
    for (const name of verdict.removed) if (!topic.isWildcard) topic.absent.add(canonicalName(name));
    for (const { name, code } of response.errors) {
      if (code === NOT_FOUND || code === PERMISSION_DENIED) topic.absent.add(canonicalName(name));
    }
    keys.push(...follow());
    options.changed(keys);
  }

  function readAnew(one: HeldResource): Resource | undefined {
    return readReceived(schema(), validation, one).resource;
  }

  function put(topic: Topic, resource: Resource): ResourceKey {
    const key = keyOf(resource);
    const before = held.get(key);
    if (!before) topic.size++;
    held.set(key, resource);
    topic.absent.delete(resource.name);
    counts.replace(before, resource);
    return { typeUrl: resource.typeUrl, name: resource.name };
  }

  function drop(topic: Topic, name: string): ResourceKey[] {
    const key = { typeUrl: topic.typeUrl, name };
    const id = keyOf(key);
    const before = held.get(id);
    clearTimeout(expiries.get(id));
    expiries.delete(id);
    if (!before) return [];
    held.delete(id);
    topic.size--;
    counts.replace(before, undefined);
    return [key];
  }

  /** A resource with a ttl goes when its server stops renewing it. */
  function keepAlive(one: HeldResource): void {
    const id = heldKey(one);
    clearTimeout(expiries.get(id));
    expiries.delete(id);
    if (one.ttlMs === undefined) return;
    const expire = () => {
      const keys = drop(topics.get(one.typeUrl)!, canonicalName(one.name));
      options.changed([...keys, ...follow()]);
    };
    expiries.set(id, setTimeout(expire, Math.min(one.ttlMs, MAX_TIMER_MS)));
  }

  /** Asks for what is referred to now, and forgets what is not any more; returns what went with that. */
  function follow(): ResourceKey[] {
    const gone: ResourceKey[] = [];
    for (let types = counts.takeChanged(); types.length > 0; types = counts.takeChanged()) {
      for (const typeUrl of types) gone.push(...followType(typeUrl));
    }
    return gone;
  }

  function followType(typeUrl: string): ResourceKey[] {
    const topic = topics.get(typeUrl);
    if (topic?.isWildcard) return [];
    const referred = [...counts.namesOf(typeUrl)];
    if (!topic) {
      if (referred.length > 0 && canAsk(typeUrl)) open(typeUrl, referred, []);
      return [];
    }
    const names = new Set([...topic.fixed, ...referred]);
    const isSameNames = names.size === topic.names.size && names.isSubsetOf(topic.names);
    if (isSameNames) return [];
    const dropped = [...topic.names].filter((name) => !names.has(name));
    topic.names = names;
    topic.watch.change(names);
    for (const name of dropped) topic.absent.delete(name);
    return dropped.flatMap((name) => drop(topic, name));
  }

  const unaskable = new Set<string>();
  function canAsk(typeUrl: string): boolean {
    const isDeltaOnly = typeUrl === TYPE_URLS.virtualHost || typeUrl === TYPE_URLS.localityEndpoint;
    const is = ads ? mode === "delta" || !isDeltaOnly : servicePath(typeUrl, mode) !== undefined;
    if (is || unaskable.has(typeUrl)) return is;
    unaskable.add(typeUrl);
    const mend = ads ? "set mode: delta" : "set ads: true, or mode: delta";
    warn(`${typeNameOf(typeUrl)} is referred to and cannot be asked for in mode ${mode}: ${mend}`);
    return is;
  }

  for (const { type, names } of xds.types ?? DEFAULT_TYPES) {
    const fixed = names?.map(canonicalName);
    open(type, fixed, fixed ?? []);
  }
  return {
    resource: (key) => held.get(keyOf(key)),
    awaited() {
      const awaited = new Set<string>();
      for (const { typeUrl, isWildcard, isAnswered } of topics.values()) {
        if (isWildcard && !isAnswered) awaited.add(typeUrl);
      }
      for (const [key, { typeUrl, name }] of counts.missing) {
        const topic = topics.get(typeUrl);
        if (topic && !topic.absent.has(name)) awaited.add(key);
      }
      return awaited;
    },
    isGone({ typeUrl, name }) {
      const topic = topics.get(typeUrl);
      if (topic?.isWildcard) return topic.isAnswered;
      if (topic?.names.has(name)) return topic.absent.has(name);
      // Not asked for; but what has not answered yet may refer to it.
      return [...topics.values()].every(({ isWildcard, isAnswered }) => isAnswered || !isWildcard);
    },
    emptyTypes: () =>
      [...topics.values()]
        .filter(({ isWildcard, isAnswered, size }) => isWildcard && isAnswered && size === 0)
        .map(({ typeUrl }) => typeUrl),
    rejections: () => [...topics.values()].flatMap(({ rejected }) => rejected),
    takeWarnings() {
      const taken = warnings;
      warnings = [];
      return taken;
    },
    reread() {
      const keys: ResourceKey[] = [];
      for (const topic of topics.values()) {
        for (const one of client.resources(topic.typeUrl).values()) {
          const resource = readAnew(one);
          if (resource && resource !== held.get(keyOf(resource))) keys.push(put(topic, resource));
        }
      }
      options.changed([...keys, ...follow()]);
    },
    async close() {
      for (const timer of [...expiries.values(), ...silences.values()]) clearTimeout(timer);
      await client.close();
    },
  };
}

const DEFAULT_TYPES: NonNullable<XdsSourceConfig["types"]> = [
  { type: TYPE_URLS.listener },
  { type: TYPE_URLS.cluster },
];

/** The client feature without which no server sends a ttl. */
const TAKES_TTLS = "xds.config.supports-resource-ttl";

function nodeOf({ node }: XdsSourceConfig): NodeToEncode {
  const { id = `fairlead-${hostname()}`, cluster, metadata, locality } = node;
  return {
    id,
    cluster,
    clientFeatures: [TAKES_TTLS],
    ...(metadata && { metadata }),
    ...(locality && { locality }),
  } as NodeToEncode;
}

function heldKey({ typeUrl, name }: HeldResource): string {
  return keyOf({ typeUrl, name: canonicalName(name) });
}

function isSame(
  old: HeldResource,
  received: { readonly value: Uint8Array; readonly ttlMs: number | undefined; readonly aliases: readonly string[] },
): boolean {
  return (
    Buffer.compare(old.value, received.value) === 0 &&
    old.ttlMs === received.ttlMs &&
    old.aliases.join("\n") === received.aliases.join("\n")
  );
}

function goneFault(
  addresses: readonly string[],
  status: { readonly code: number; readonly message: string },
  typeUrl: string | undefined,
): Fault {
  const what = typeUrl === undefined ? "" : `, for ${shortNameOf(typeUrl) ?? typeUrl}`;
  const why = `${statusName(status.code)}${status.message === "" ? "" : `: ${status.message}`}`;
  const message = `the upstream ${addresses.join(", ")} does not answer${what} (${why}); what it gave before is served, and it is asked again`;
  return { severity: "error", rule: "source.unreachable", message, pointer: "" };
}

function malformed(typeUrl: string, message: string): Fault {
  return { severity: "error", rule: "response.malformed", message, pointer: "", typeUrl };
}
