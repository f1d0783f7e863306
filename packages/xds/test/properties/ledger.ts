import assert from "node:assert/strict";
import type { Mode } from "../../src/protocol/plan.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import { traitsOf } from "../../src/protocol/type-traits.ts";
import type { ModelRequest } from "./simulated-server.ts";
import { specOf, URLS } from "./world.ts";

/** What is known of one type on one stream from what went over it, and nothing else. */
interface Account {
  readonly mode: Mode;
  readonly typeUrl: string;
  isWildcard: boolean;
  wasNamed: boolean;
  readonly names: Set<string>;
  /** The version last sent of each name; `undefined`: sent as removed. */
  readonly sent: Map<string, string | undefined>;
  /** Names the client asked for and had no answer to. */
  readonly asked: Set<string>;
  asksAll: boolean;
  /** It came with versions, and has had no answer: what it holds may be unknown, and what differs is sent. */
  isReturning: boolean;
  inFlight: {
    readonly nonce: string;
    readonly cause: string;
    readonly sentAtMs: number;
    readonly names: readonly string[];
  }[];
  /** Names in responses that were rejected. */
  readonly rejected: Set<string>;
  /** Parts of rejected content that were tried, so that each is but once. */
  readonly tried: Set<string>;
  /** Endpoints to be sent again because their cluster was (protocol.md O2). */
  readonly warming: Set<string>;
  /** For clusters: names of the endpoints of all that were new or changed when they were sent. */
  readonly introduced: Set<string>;
}

/** When and amid what a response is sent. */
export interface Circumstances {
  readonly nowMs: number;
  readonly answerPatienceMs: number;
  /** Whether the snapshot has a resource of the response's type by that name. */
  exists(name: string): boolean;
}

/**
 * The book-keeper of the wire: it sees requests and responses as a capture would, and fails on a response that breaks a rule.
 * It is written from protocol.md, not from the machine.
 */
export class Ledger {
  responses = 0;
  private readonly accounts = new Map<string, Account>();
  private readonly nonces = new Map<number, Set<string>>();

  closeStream(streamId: number): void {
    this.nonces.delete(streamId);
    for (const key of this.accounts.keys()) if (key.startsWith(`${streamId} `)) this.accounts.delete(key);
  }

  /** A resource is gone: where SotW can't tell so, it is news when it comes back, though it be the same (W2). */
  drop(typeUrl: string, name: string): void {
    if (traitsOf(typeUrl).isFullState) return;
    for (const account of this.accounts.values()) {
      if (account.mode === "sotw" && account.typeUrl === typeUrl) account.sent.delete(name);
    }
  }

  takeRequest(streamId: number, { mode, request }: ModelRequest): void {
    const key = `${streamId} ${request.typeUrl}`;
    const known = this.accounts.get(key);
    const account = known ?? openAccount(mode, request.typeUrl);
    this.accounts.set(key, account);
    if (known) settle(account, mode, request.nonce, request.errorDetail !== undefined);
    const hasLegacyWildcard = traitsOf(request.typeUrl).hasLegacyWildcard;
    if (mode === "sotw") {
      const names = request.resourceNames as readonly string[];
      if (names.length > 0) account.wasNamed = true;
      const isLegacy = names.length === 0 && hasLegacyWildcard && !account.wasNamed;
      setInterest(account, isLegacy || names.includes("*"), new Set(names.filter((name) => name !== "*")));
      if (!known) {
        account.asksAll = true;
        account.isReturning = request.versionInfo !== "";
      }
      return;
    }
    if (!known) {
      for (const [name, version] of request.initialResourceVersions) account.sent.set(name, version);
      account.isReturning = account.sent.size > 0;
      // It asked before it heard of a cluster's change, and will not ask again.
      const { introduced = [] } = this.accounts.get(`${streamId} ${URLS.cluster}`) ?? {};
      if (request.typeUrl === URLS.endpoints) for (const eds of introduced) account.warming.add(eds);
      const isLegacy = request.subscribe.length === 0 && hasLegacyWildcard;
      if (isLegacy && !request.unsubscribe.includes("*")) account.isWildcard = true;
      account.asksAll = request.initialResourceVersions.size === 0;
      for (const name of request.initialResourceVersions.keys()) {
        if (!request.subscribe.includes(name) && !account.isWildcard && !request.subscribe.includes("*"))
          account.asked.add(name);
      }
    }
    for (const name of request.subscribe) subscribe(account, name, !known && account.sent.has(name));
    for (const name of request.unsubscribe) unsubscribe(account, name);
  }

  takeResponse(streamId: number, mode: Mode, sent: Sent, clock: Circumstances): void {
    this.responses += 1;
    const { plan, cause, nonce } = sent;
    const what = `${plan.typeUrl} ${nonce} on stream ${streamId}`;
    const account = this.accounts.get(`${streamId} ${plan.typeUrl}`);
    assert.ok(account, `${what}: nobody asked for this type`);
    const nonces = this.nonces.get(streamId) ?? new Set<string>();
    assert.ok(!nonces.has(nonce), `${what}: the nonce was there before`);
    this.nonces.set(streamId, nonces.add(nonce));
    assert.equal(plan.mode, mode);
    checkInFlight(account, what, clock);
    const names = [...plan.resources.map(({ name }) => name), ...plan.removed];
    assert.equal(new Set(names).size, names.length, `${what}: a name is there twice: ${names.join()}`);
    for (const name of names) {
      const isAsked = account.isWildcard || account.names.has(name) || account.asked.has(name);
      assert.ok(isAsked || account.sent.has(name), `${what}: ${name} is not subscribed`);
    }
    this.checkCause(account, mode, sent, what);
    account.inFlight.push({ nonce, cause, sentAtMs: clock.nowMs, names });
    this.book(account, streamId, mode, sent);
    // What is only retained is news when it comes back.
    for (const { name } of plan.resources) if (!clock.exists(name)) this.drop(plan.typeUrl, name);
    assert.ok(["changed", "subscribed", "resubscribed", "unsubscribed", "warming", "fresh", "bisect"].includes(cause));
  }

  private checkCause(account: Account, mode: Mode, { plan, cause }: Sent, what: string): void {
    const { typeUrl, resources, removed } = plan;
    const differs = (name: string, version: string | undefined) => account.sent.get(name) !== version;
    const isWhole = mode === "sotw" && traitsOf(typeUrl).isFullState;
    const present = new Map(resources.map(({ name, version }) => [name, version]));
    const isChanged =
      [...present].some(([name, version]) => differs(name, version)) ||
      removed.some((name) => differs(name, undefined)) ||
      (isWhole && [...account.sent].some(([name, version]) => version !== undefined && !present.has(name))) ||
      // In SotW the name that changed may be one that is gone, which only the rest of its response tells.
      (mode === "sotw" && [...present.keys()].some((name) => account.rejected.has(name)));
    const isAsked = account.asksAll || account.asked.size > 0;
    const isWarming = [...present.keys(), ...removed].some((name) => account.warming.has(name));
    if (account.isReturning && mode === "sotw") return;
    if (cause === "changed" || (cause === "fresh" && account.isReturning))
      assert.ok(isChanged || isAsked, `${what}: nothing changed`);
    else if (cause === "bisect") checkTrial(account, plan, what);
    else if (cause === "warming") assert.ok(isWarming, `${what}: no cluster warms`);
    else assert.ok(isAsked, `${what}: nobody asked`);
    if (isWhole) return;
    const isExcused = (name: string) =>
      account.asksAll || account.asked.has(name) || account.warming.has(name) || account.rejected.has(name);
    for (const [name, version] of present) {
      assert.ok(differs(name, version) || isExcused(name), `${what}: ${name} is sent again`);
    }
    for (const name of removed) {
      const isKnown = account.sent.get(name) !== undefined;
      assert.ok(isKnown || isExcused(name), `${what}: ${name} is removed again`);
    }
    if (mode === "sotw") return;
    for (const name of account.asked) {
      // What it only says to have may be answered, and need not be.
      if (!account.isWildcard && !account.names.has(name)) continue;
      assert.ok(present.has(name) || removed.includes(name), `${what}: ${name} was asked for and is not answered`);
    }
  }

  private book(account: Account, streamId: number, mode: Mode, { plan }: Sent): void {
    const { typeUrl, resources, removed } = plan;
    const isWhole = mode === "sotw" && traitsOf(typeUrl).isFullState;
    if (typeUrl === URLS.cluster) {
      const endpoints = this.accounts.get(`${streamId} ${URLS.endpoints}`);
      for (const resource of resources) {
        const { eds } = specOf(resource);
        const isKnown = account.sent.get(resource.name) === resource.version && !account.rejected.has(resource.name);
        if (eds === undefined || isKnown) continue;
        account.introduced.add(eds);
        if (endpoints && (endpoints.isWildcard || endpoints.names.has(eds))) endpoints.warming.add(eds);
      }
    }
    if (isWhole) account.sent.clear();
    for (const { name, version } of resources) account.sent.set(name, version);
    for (const name of removed) account.sent.set(name, undefined);
    for (const name of [...resources.map(({ name }) => name), ...removed]) {
      account.warming.delete(name);
      account.asked.delete(name);
      if (!account.isWildcard && !account.names.has(name)) account.sent.delete(name);
    }
    if (isWhole) account.asked.clear();
    account.asksAll = false;
    account.isReturning = false;
  }
}

function openAccount(mode: Mode, typeUrl: string): Account {
  return {
    mode,
    typeUrl,
    isWildcard: false,
    wasNamed: false,
    names: new Set(),
    sent: new Map(),
    asked: new Set(),
    asksAll: false,
    isReturning: false,
    inFlight: [],
    rejected: new Set(),
    tried: new Set(),
    warming: new Set(),
    introduced: new Set(),
  };
}

function settle(account: Account, mode: Mode, nonce: string, isNack: boolean): void {
  const index = account.inFlight.findIndex((response) => response.nonce === nonce);
  if (nonce === "" || index < 0) return;
  const { names, cause } = account.inFlight[index]!;
  if (isNack && cause !== "bisect") account.tried.clear();
  account.inFlight.splice(mode === "sotw" ? 0 : index, mode === "sotw" ? index + 1 : 1);
  for (const name of names) {
    if (isNack) account.rejected.add(name);
    else account.rejected.delete(name);
  }
}

function setInterest(account: Account, isWildcard: boolean, names: ReadonlySet<string>): void {
  if (isWildcard && !account.isWildcard) account.asksAll = true;
  account.isWildcard = isWildcard;
  for (const name of names) if (!account.names.has(name)) account.asked.add(name);
  account.names.clear();
  for (const name of names) account.names.add(name);
  if (isWildcard) return;
  for (const name of account.sent.keys()) if (!names.has(name)) account.sent.delete(name);
  for (const name of account.asked) if (!names.has(name)) account.asked.delete(name);
}

function subscribe(account: Account, name: string, isResumed: boolean): void {
  if (name === "*") {
    account.isWildcard = true;
    account.asksAll ||= account.sent.size === 0 || !isResumed;
    return;
  }
  account.names.add(name);
  if (!isResumed) account.asked.add(name);
}

function unsubscribe(account: Account, name: string): void {
  if (name === "*") {
    account.isWildcard = false;
    for (const known of account.sent.keys()) if (!account.names.has(known)) account.sent.delete(known);
    for (const known of account.asked) if (!account.names.has(known)) account.asked.delete(known);
    return;
  }
  account.names.delete(name);
  if (account.isWildcard) {
    account.asked.add(name);
    return;
  }
  account.sent.delete(name);
  account.asked.delete(name);
}

/** Part of what was rejected, and nothing else; each once. */
function checkTrial(account: Account, plan: Sent["plan"], what: string): void {
  assert.equal(account.mode, "delta", `${what}: a part of the state`);
  assert.equal(account.inFlight.length, 0, `${what}: an answer is outstanding`);
  const names = [...plan.resources.map(({ name }) => name), ...plan.removed];
  for (const name of names) assert.ok(account.rejected.has(name), `${what}: ${name} was not rejected`);
  const key = [...plan.resources.map(({ name, version }) => `${name}=${version}`), ...plan.removed].join();
  assert.ok(!account.tried.has(key), `${what}: ${key} was tried before`);
  account.tried.add(key);
}

function checkInFlight(account: Account, what: string, clock: Circumstances): void {
  const [oldest, second] = account.inFlight;
  assert.ok(!second, `${what}: a third response in flight`);
  if (oldest) {
    const ageMs = clock.nowMs - oldest.sentAtMs;
    assert.ok(ageMs >= clock.answerPatienceMs, `${what}: a second response in flight after ${ageMs} ms`);
  }
}
