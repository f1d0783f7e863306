import type { Resource } from "../../src/cache/resource.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import type { ModelClient, Network } from "./model-client.ts";
import { Mux } from "./mux.ts";
import { specOf, URLS } from "./world.ts";

/** Envoy gives up waiting for a resource of a warming cluster or listener after this, ms (`initial_fetch_timeout`). */
const FETCH_TIMEOUT_MS = 15_000;
/** How long name resolution takes, ms; below the server's `warmGraceMs`. */
const RESOLUTION_MS = 900;
/** Envoy's `--drain-time-s`, ms. */
const DRAIN_MS = 600_000;
/** A drain that began this long after the server's response was sent is not what `listenerDrainMs` is made for, ms. */
const PROMPT_MS = 5_000;

/** One configuration of a cluster in Envoy. A changed cluster is another one, which warms while the old one serves. */
interface EnvoyCluster {
  readonly resource: Resource;
  readonly sinceMs: number;
  /** Where its endpoints come from. */
  endpoints: Mux | undefined;
  /** It warmed by endpoints, and not because time was up. */
  isFed: boolean;
}

interface EnvoyListener {
  readonly resource: Resource;
  readonly sinceMs: number;
  /** When the server sent it, from which it counts the drain of the one before. */
  readonly sentAtMs: number;
}

/**
 * A model of Envoy: wildcard CDS and LDS, EDS by the clusters it holds, RDS by its listeners. Clusters and listeners
 * warm before they serve; on ADS the CDS ACK is withheld meanwhile; old listeners drain.
 */
export class Envoy implements ModelClient {
  private readonly network: Network;
  private readonly byKey = new Map<string, Mux>();
  private readonly clusters = new Map<
    string,
    { active: EnvoyCluster | undefined; warming: EnvoyCluster | undefined }
  >();
  private readonly listeners = new Map<
    string,
    { active: EnvoyListener | undefined; warming: EnvoyListener | undefined }
  >();
  private draining: { readonly resource: Resource; readonly untilMs: number; readonly isPrompt: boolean }[] = [];
  /**
   * `version cluster`: it asked for what points to that cluster before it had it, and an answer waits for nothing (C2),
   * or it had not asked for clusters yet on a new stream, since they warm.
   */
  private readonly excused = new Set<string>();
  /** Clusters that warmed when their stream broke: on the next one their version is current, and nothing tells of them. */
  private readonly untold = new Set<string>();
  private adsStream = -1;
  /** It has rejected something: what leads to a rejected cluster is sent to who comes back. */
  private hasRejected = false;
  private isBack = false;
  /** The first clusters have warmed, and listeners are asked for. */
  private isInitialized = false;
  private serial = 0;

  constructor(network: Network) {
    this.network = network;
  }

  muxes(): Iterable<Mux> {
    return this.byKey.values();
  }

  start(): void {
    if (this.network.isAggregated) this.adsStream = this.network.open();
    this.mux("cds", URLS.cluster).want({ kind: "wildcard" });
  }

  receive(streamId: number, sent: Sent, isVague: boolean): void {
    const { typeUrl } = sent.plan;
    const mux = [...this.byKey.values()].find((one) => one.streamId === streamId && one.typeUrl === typeUrl);
    if (!mux) return; // the stream was closed
    for (const resource of sent.plan.resources) this.excuse(resource, sent);
    if (typeUrl === URLS.cluster) {
      mux.pause(); // the answer says what warming leaves it to say
      const { taken, removed } = mux.take(sent, isBad, isVague);
      for (const resource of taken) this.takeCluster(resource);
      for (const name of removed) this.clusters.delete(name);
    } else if (typeUrl === URLS.listener) {
      const { taken, removed } = mux.take(sent, isBad, isVague);
      for (const resource of taken) this.takeListener(resource, sent);
      for (const name of removed) this.removeListener(name, sent);
    } else {
      const { taken, removed } = mux.take(sent, isBad, isVague);
      // The server did not know that there are clusters which use them.
      if (this.network.isBlind(sent)) for (const { active } of this.clusters.values()) if (active) active.isFed = false;
      const isOurs = (cluster: EnvoyCluster | undefined) => cluster?.endpoints === mux;
      for (const name of [...taken.map((resource) => resource.name), ...removed]) {
        if (typeUrl === URLS.endpoints) {
          for (const [key, { warming }] of this.clusters) {
            if (!isOurs(warming) || specOf(warming!.resource).eds !== name) continue;
            warming!.isFed = taken.length > 0;
            this.activateCluster(key);
          }
        }
      }
      // Rejected routes end the wait for them: Envoy starts a listener without, as it would when time is up.
      if (typeUrl === URLS.routes) for (const name of mux.rejected) this.activateWithout(name);
    }
    this.update();
  }

  reconnect(streamId: number): void {
    if (this.network.isAggregated) {
      this.reconnectAll();
      return;
    }
    const mux = [...this.byKey.values()].find((one) => one.streamId === streamId);
    if (!mux) return;
    if (mux.typeUrl === URLS.cluster) this.noteUntold();
    this.network.close(streamId);
    mux.reconnect(this.network.open());
  }

  reconnectAll(): void {
    const muxes = [...this.byKey.values()];
    this.isBack = true;
    this.noteUntold();
    // The server's memory of old listeners went with its last stream.
    this.draining = this.draining.map((old) => ({ ...old, isPrompt: false }));
    for (const streamId of new Set(muxes.map((mux) => mux.streamId))) this.network.close(streamId);
    if (this.network.isAggregated) this.adsStream = this.network.open();
    for (const mux of muxes) mux.reconnect(this.network.isAggregated ? this.adsStream : this.network.open());
    this.update();
  }

  get wakeAtMs(): number | undefined {
    const times: number[] = this.draining.map(({ untilMs }) => untilMs);
    for (const { warming } of this.clusters.values()) if (warming) times.push(warmsAtMs(warming));
    for (const { warming } of this.listeners.values()) if (warming) times.push(warming.sinceMs + FETCH_TIMEOUT_MS);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  wake(): void {
    const { nowMs } = this.network;
    for (const [name, { warming }] of this.clusters) {
      if (warming && warmsAtMs(warming) <= nowMs) this.activateCluster(name);
    }
    for (const [name, { warming }] of this.listeners) {
      if (warming && warming.sinceMs + FETCH_TIMEOUT_MS <= nowMs) this.activateListener(name);
    }
    this.draining = this.draining.filter(({ untilMs }) => untilMs > nowMs);
    this.update();
  }

  faults(): string[] {
    const faults: string[] = [];
    const check = (what: string, resource: Resource) => {
      for (const name of specOf(resource).to ?? []) {
        const cluster = this.clusters.get(name)?.active;
        if (!cluster && (this.untold.has(name) || this.excused.has(`${resource.version} ${name}`))) continue;
        if (!cluster) faults.push(`${what} points to cluster ${name}, which this client does not hold`);
        else if (!this.hasEndpoints(cluster))
          faults.push(`${what} points to cluster ${name}, whose endpoints were taken`);
      }
      const { rds } = specOf(resource);
      const route = rds === undefined ? undefined : this.routeOf(rds);
      if (route) check(`${what} -> route ${rds}`, route);
    };
    for (const [name, { active }] of this.listeners) if (active) check(`listener ${name}`, active.resource);
    for (const { resource, isPrompt } of this.draining)
      if (isPrompt) check(`draining listener ${resource.name}`, resource);
    return faults;
  }

  act(): void {
    // It does nothing that its configuration does not tell it.
  }

  private noteUntold(): void {
    for (const [name, { warming }] of this.clusters) {
      if (warming && !this.network.isAggregated) this.untold.add(name);
    }
  }

  private excuse(resource: Resource, sent: Sent): void {
    const { cause } = sent;
    if (cause === "changed" && !this.network.isBlind(sent)) return;
    // Who comes back has what it had, and new routes wait until its streams for clusters are there.
    this.hasRejected ||= this.byKey.values().some(({ rejected }) => rejected.size > 0);
    if (!this.hasRejected && (cause === "fresh" || (cause === "changed" && this.isBack && !this.network.isAggregated)))
      return;
    for (const name of specOf(resource).to ?? []) {
      if (!this.clusters.get(name)?.active) this.excused.add(`${resource.version} ${name}`);
    }
  }

  private hasEndpoints({ resource, endpoints, isFed }: EnvoyCluster): boolean {
    const { eds } = specOf(resource);
    return eds === undefined || !isFed || endpoints?.held.has(eds) === true;
  }

  private routeOf(name: string): Resource | undefined {
    for (const mux of this.byKey.values()) {
      const route = mux.typeUrl === URLS.routes ? mux.held.get(name) : undefined;
      if (route) return route;
    }
    return undefined;
  }

  private takeCluster(resource: Resource): void {
    const known = this.clusters.get(resource.name);
    if ((known?.warming ?? known?.active)?.resource === resource) return;
    const { eds, dns } = specOf(resource);
    const cluster: EnvoyCluster = { resource, sinceMs: this.network.nowMs, endpoints: undefined, isFed: false };
    this.clusters.set(resource.name, { active: known?.active, warming: cluster });
    if (eds === undefined && !dns) this.activateCluster(resource.name);
    else if (eds !== undefined) {
      const key = this.network.isAggregated ? "eds" : `eds ${resource.name}#${++this.serial}`;
      cluster.endpoints = this.mux(key, URLS.endpoints);
    }
  }

  private activateCluster(name: string): void {
    const { warming } = this.clusters.get(name)!;
    this.clusters.set(name, { active: warming, warming: undefined });
    this.untold.delete(name);
    for (const key of this.excused) if (key.endsWith(` ${name}`)) this.excused.delete(key);
  }

  private takeListener(resource: Resource, sent: Sent): void {
    const known = this.listeners.get(resource.name);
    if ((known?.warming ?? known?.active)?.resource === resource) return;
    const warming: EnvoyListener = { resource, sinceMs: this.network.nowMs, sentAtMs: sent.sentAtMs };
    this.listeners.set(resource.name, { active: known?.active, warming });
  }

  private activateListener(name: string): void {
    const { active, warming } = this.listeners.get(name)!;
    if (active) this.drain(active.resource, warming!.sentAtMs);
    this.listeners.set(name, { active: warming, warming: undefined });
  }

  private activateWithout(route: string): void {
    for (const [name, { warming }] of this.listeners) {
      if (warming && specOf(warming.resource).rds === route) this.activateListener(name);
    }
  }

  private removeListener(name: string, sent: Sent): void {
    const active = this.listeners.get(name)?.active;
    if (active) this.drain(active.resource, sent.sentAtMs);
    this.listeners.delete(name);
  }

  private drain(resource: Resource, sentAtMs: number): void {
    const { nowMs } = this.network;
    this.draining.push({ resource, untilMs: nowMs + DRAIN_MS, isPrompt: nowMs - sentAtMs < PROMPT_MS });
  }

  /** Draws the conclusions: who serves now, and what is to be asked for. */
  private update(): void {
    for (const [name, { warming }] of this.listeners) {
      if (!warming) continue;
      const { rds } = specOf(warming.resource);
      if (rds === undefined || this.routeOf(rds)) {
        this.activateListener(name);
      }
    }
    const isWarming = [...this.clusters.values()].some(({ warming }) => warming !== undefined);
    const cds = this.mux("cds", URLS.cluster);
    const isPaused = this.network.isAggregated && this.isInitialized && isWarming;
    this.subscribeEndpoints();
    if (isPaused) cds.pause();
    else cds.resume();
    if (cds.nonce !== "" && !isWarming) this.isInitialized = true;
    if (!this.isInitialized) return;
    this.mux("lds", URLS.listener).want({ kind: "wildcard" });
    this.subscribeRoutes();
  }

  private subscribeEndpoints(): void {
    const namesByMux = new Map<Mux, Set<string>>();
    for (const { active, warming } of this.clusters.values()) {
      for (const cluster of [active, warming]) {
        if (!cluster?.endpoints) continue;
        const names = namesByMux.get(cluster.endpoints) ?? new Set();
        namesByMux.set(cluster.endpoints, names.add(specOf(cluster.resource).eds!));
      }
    }
    this.subscribe("eds", namesByMux);
  }

  private subscribeRoutes(): void {
    const routes = new Set<string>();
    const add = (resource: Resource | undefined) => {
      const rds = resource && specOf(resource).rds;
      if (rds !== undefined) routes.add(rds);
    };
    for (const { active, warming } of this.listeners.values()) {
      add(active?.resource);
      add(warming?.resource);
    }
    for (const { resource } of this.draining) add(resource);
    const namesByMux = new Map<Mux, Set<string>>();
    for (const name of routes) {
      const mux = this.mux(this.network.isAggregated ? "rds" : `rds ${name}`, URLS.routes);
      namesByMux.set(mux, (namesByMux.get(mux) ?? new Set()).add(name));
    }
    this.subscribe("rds", namesByMux);
  }

  private subscribe(prefix: string, namesByMux: ReadonlyMap<Mux, ReadonlySet<string>>): void {
    for (const [key, mux] of this.byKey) {
      if (!key.startsWith(prefix)) continue;
      const names = namesByMux.get(mux) ?? new Set<string>();
      if (names.size > 0 || this.network.isAggregated) mux.want({ kind: "names", names });
      else {
        this.network.close(mux.streamId);
        this.byKey.delete(key);
      }
    }
  }

  private mux(key: string, typeUrl: string): Mux {
    const known = this.byKey.get(key);
    if (known) return known;
    const { network } = this;
    const streamId = network.isAggregated ? this.adsStream : network.open();
    const mux = new Mux(typeUrl, network.mode, streamId, (id, request) => network.push(id, request));
    this.byKey.set(key, mux);
    return mux;
  }
}

function isBad(resource: Resource): boolean {
  return specOf(resource).isBad === true;
}

function warmsAtMs({ resource, sinceMs }: EnvoyCluster): number {
  return sinceMs + (specOf(resource).dns ? RESOLUTION_MS : FETCH_TIMEOUT_MS);
}
