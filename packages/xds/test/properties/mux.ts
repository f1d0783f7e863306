import type { Resource } from "../../src/cache/resource.ts";
import type { Mode } from "../../src/protocol/plan.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import { traitsOf } from "../../src/protocol/type-traits.ts";
import type { ModelRequest } from "./simulated-server.ts";

/** What a client wants of a type: everything, by sending no names at all, or names (`*` may be one). */
export type Wanted = { readonly kind: "wildcard" } | { readonly kind: "names"; readonly names: ReadonlySet<string> };

/**
 * One type on one stream, from the client's side: what it wants, what it holds, and what it says. Like Envoy's, it may be
 * paused: what it has to say then waits, in SotW as one request, in delta as one a response.
 */
export class Mux {
  readonly typeUrl: string;
  readonly mode: Mode;
  streamId: number;
  wanted: Wanted = { kind: "names", names: new Set() };
  readonly held = new Map<string, Resource>();
  /** Names whose last content this client rejected. */
  readonly rejected = new Set<string>();
  nonce = "";
  isOpened = false;
  private acceptedVersion = "";
  private readonly push: (streamId: number, request: ModelRequest) => void;
  private isPaused = false;
  private waiting: ModelRequest[] = [];
  private said = new Set<string>();
  /** What it holds is no version that any server gave: part of a response was taken, part rejected. */
  private isMixed = false;

  constructor(typeUrl: string, mode: Mode, streamId: number, push: (streamId: number, request: ModelRequest) => void) {
    this.typeUrl = typeUrl;
    this.mode = mode;
    this.streamId = streamId;
    this.push = push;
  }

  /** Changes what is wanted, and says so. What is wanted no more is held no more. */
  want(wanted: Wanted): void {
    if (this.isOpened && isEqual(this.wanted, wanted)) return;
    if (!this.isOpened && wanted.kind === "names" && wanted.names.size === 0) return;
    this.wanted = wanted;
    for (const name of [...this.held.keys(), ...this.rejected]) {
      if (this.wants(name)) continue;
      // From now on the version that the server gave names more than what is held.
      this.isMixed = this.held.delete(name) || this.isMixed;
      this.rejected.delete(name);
    }
    this.sayWanted();
  }

  wants(name: string): boolean {
    return this.wanted.kind === "wildcard" || this.wanted.names.has("*") || this.wanted.names.has(name);
  }

  /** Whether it wants that name, and not by a wildcard. */
  names(name: string): boolean {
    return this.wanted.kind === "names" && this.wanted.names.has(name);
  }

  /** Takes a response but for the resources that `isBad` says; all or nothing where `isVague`. Answers it. */
  take(
    sent: Sent,
    isBad: (resource: Resource) => boolean,
    isVague: boolean,
  ): { readonly taken: Resource[]; readonly removed: string[] } {
    const { resources, removed, version } = sent.plan;
    this.nonce = sent.nonce;
    const bad = isVague ? [...resources] : resources.filter(isBad);
    const isRejected = isVague || bad.length > 0;
    const isWhole = this.mode === "sotw" && traitsOf(this.typeUrl).isFullState;
    const isPartial = !isVague && (isRejected ? traitsOf(this.typeUrl).isFullState : true);
    const taken = isPartial ? resources.filter((resource) => !bad.includes(resource) && this.wants(resource.name)) : [];
    const names = new Set(resources.map(({ name }) => name));
    const absent = isWhole ? [...this.held.keys()].filter((name) => !names.has(name)) : removed;
    const gone = isPartial ? absent.filter((name) => this.wants(name)) : [];
    for (const resource of taken) {
      this.held.set(resource.name, resource);
      this.rejected.delete(resource.name);
    }
    for (const name of gone) {
      this.held.delete(name);
      this.rejected.delete(name);
    }
    const refused = isPartial ? bad.map(({ name }) => name) : [...names, ...absent];
    for (const name of refused) if (this.wants(name)) this.rejected.add(name);
    const isSurplus = resources.some(({ name }) => !this.wants(name));
    if (isRejected) this.isMixed ||= isPartial;
    else {
      this.acceptedVersion = version;
      this.isMixed = isSurplus;
    }
    const message = isVague ? "no" : `Error adding/updating ${bad.map(({ name }) => `${name}: bad`).join(", ")}`;
    this.answer(sent.nonce, isRejected ? message : undefined);
    return { taken, removed: gone };
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    const { waiting } = this;
    this.waiting = [];
    for (const request of waiting) this.push(this.streamId, request);
  }

  /** The stream is another one: what was held is held on, and told. */
  reconnect(streamId: number): void {
    this.streamId = streamId;
    this.waiting = [];
    this.said = new Set();
    this.nonce = "";
    if (!this.isOpened) return;
    this.isOpened = false;
    if (this.wanted.kind === "wildcard" || this.wanted.names.size > 0) this.sayWanted();
  }

  /** Says again what it said last. */
  repeat(): void {
    if (!this.isOpened || this.isPaused) return;
    if (this.mode === "sotw") this.say(this.sotw(this.nonce, undefined));
    else this.say(this.delta(this.nonce, [], [], undefined));
  }

  /** Says what it wants with a nonce that answers nothing. */
  stale(): void {
    if (!this.isOpened || this.isPaused) return;
    if (this.mode === "sotw") this.say(this.sotw("stale", undefined));
    else this.say(this.delta("stale", [], [], undefined));
  }

  /** Subscribes in delta to what it has subscribed to before. */
  resubscribe(): void {
    const [name] = this.said;
    if (this.mode === "delta" && name !== undefined) this.say(this.delta("", [name], [], undefined));
  }

  private sayWanted(): void {
    const names = this.wanted.kind === "names" ? this.wanted.names : new Set<string>();
    const isFirst = !this.isOpened;
    this.isOpened = true;
    if (this.mode === "sotw") {
      this.say(this.sotw(this.nonce, undefined));
      return;
    }
    const added = [...names].filter((name) => !this.said.has(name));
    const removed = [...this.said].filter((name) => !names.has(name));
    this.said = new Set(this.wanted.kind === "wildcard" ? ["*"] : names);
    const versions = isFirst ? new Map([...this.held].map(([name, { version }]) => [name, version])) : new Map();
    this.say(this.delta("", added, removed, undefined, versions));
  }

  private answer(nonce: string, rejection: string | undefined): void {
    const error = rejection === undefined ? undefined : { code: 13, message: rejection };
    if (this.mode === "sotw") this.say(this.sotw(nonce, error));
    else this.say(this.delta(nonce, [], [], error));
  }

  private say(request: ModelRequest): void {
    if (!this.isPaused) {
      this.push(this.streamId, request);
      return;
    }
    // Envoy's SotW mux queues one request, made when it is let go; its delta mux queues an ACK per response.
    if (this.mode === "sotw") this.waiting = [request];
    else this.waiting.push(request);
  }

  private sotw(nonce: string, errorDetail: { code: number; message: string } | undefined): ModelRequest {
    const { typeUrl, wanted } = this;
    const resourceNames = wanted.kind === "names" ? [...wanted.names] : [];
    const versionInfo = this.isMixed && nonce === "" ? "mixed" : this.acceptedVersion;
    return { mode: "sotw", request: { typeUrl, nonce, versionInfo, resourceNames, errorDetail } };
  }

  private delta(
    nonce: string,
    subscribe: readonly string[],
    unsubscribe: readonly string[],
    errorDetail: { code: number; message: string } | undefined,
    initialResourceVersions: ReadonlyMap<string, string> = new Map(),
  ): ModelRequest {
    const { typeUrl } = this;
    const request = { typeUrl, nonce, subscribe, unsubscribe, initialResourceVersions, errorDetail };
    return { mode: "delta", request };
  }
}

function isEqual(a: Wanted, b: Wanted): boolean {
  if (a.kind === "wildcard" || b.kind === "wildcard") return a.kind === b.kind;
  return a.names.size === b.names.size && [...a.names].every((name) => b.names.has(name));
}
