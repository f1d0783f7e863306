import { canonicalName, isGlob } from "@fairlead/envoy-api";
import type { Resource } from "../cache/resource.ts";
import type { Parameters } from "../cache/select-variants.ts";
import { forgetTwins } from "./bisect.ts";
import { bodiless } from "./bodiless.ts";
import { addedNames, changeInterest, type Interest, includes, interestOf, NO_INTEREST } from "./interest.ts";
import { canonicalNames, readNames } from "./spelling.ts";
import type { ErrorDetail, Subscription } from "./subscription.ts";
import { owe } from "./subscription.ts";
import { membersOf, type Overlay, resourceIn, resourcesIn, type View, viewOf } from "./view.ts";

/** The part of a State-of-the-World request that the protocol looks at. */
export interface SotwRequest {
  readonly typeUrl: string;
  readonly versionInfo: string;
  readonly nonce: string;
  /** The whole subscription; `"same"`: as in the request before. */
  readonly resourceNames: readonly string[] | "same";
  /** Its client's dynamic parameters; `undefined`: as before (TP2). */
  readonly parameters?: Parameters;
  readonly errorDetail?: ErrorDetail | undefined;
}

/** The part of a delta request that the protocol looks at. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialResourceVersions: ReadonlyMap<string, string>;
  /** Its client's dynamic parameters; `undefined`: as before (TP2). */
  readonly parameters?: Parameters;
  readonly errorDetail?: ErrorDetail | undefined;
}

/**
 * Applies what a SotW request says of its subscription: the names are never lost, whatever the nonce (W5).
 *
 * @see protocol.md W1, W3, W5, W6, C9
 */
export function subscribeSotw(sub: Subscription, request: SotwRequest): void {
  const before = sub.interest;
  if (request.resourceNames !== "same") sub.spellings.clear();
  const names = request.resourceNames === "same" ? "same" : readNames(request.resourceNames, sub);
  if (names !== "same" && names.length > 0) sub.wasNamed = true;
  if (names !== "same") sub.interest = interestOf(names, sub.traits.hasLegacyWildcard && !sub.wasNamed);
  else if (!sub.isOpened) sub.interest = interestOf([], sub.traits.hasLegacyWildcard);
  if (!sub.isOpened) {
    sub.isOpened = true;
    sub.isFresh = request.versionInfo !== "" || request.nonce !== "";
    if (sub.isFresh) sub.resumes = { mode: "sotw", version: request.versionInfo };
    if (sub.interest.kind === "wildcard" || sub.interest.names.names.size > 0) {
      sub.owesAll = sub.isFresh ? "fresh" : "subscribed";
    }
    return;
  }
  if (sub.interest === before) return;
  if (sub.interest.kind === "wildcard" && before.kind === "named") sub.owesAll ??= "subscribed";
  for (const name of addedNames(before, sub.interest)) owe(sub, name, "subscribed");
  forgetUnwanted(sub);
}

/**
 * Applies what a delta request says of its subscription.
 *
 * @see protocol.md D2 to D6
 */
export function subscribeDelta(sub: Subscription, request: DeltaRequest): void {
  const unsubscribe = canonicalNames(request.unsubscribe);
  for (const name of unsubscribe) sub.spellings.delete(name);
  const subscribe = readNames(request.subscribe, sub);
  const before = sub.interest;
  if (!sub.isOpened) {
    sub.isOpened = true;
    sub.isFresh = request.initialResourceVersions.size > 0;
    if (sub.isFresh) sub.resumes = { mode: "delta", versions: canonicalKeys(request.initialResourceVersions) };
    const isLegacy = subscribe.length === 0 && sub.traits.hasLegacyWildcard;
    sub.interest = changeInterest(isLegacy ? interestOf([], true) : NO_INTEREST, subscribe, unsubscribe);
    if (sub.interest.kind === "wildcard" || sub.interest.names.names.size > 0) {
      sub.owesAll = sub.isFresh ? "fresh" : "subscribed";
    }
    return;
  }
  sub.interest = changeInterest(before, subscribe, unsubscribe);
  for (const name of subscribe) {
    const isKnown = name === "*" ? before.kind === "wildcard" : before.names.names.has(name);
    const cause = isKnown ? "resubscribed" : "subscribed";
    if (name === "*") sub.owesAll = sub.interest.kind === "wildcard" ? cause : sub.owesAll;
    else if (includes(sub.interest, name)) owe(sub, name, cause);
  }
  if (sub.interest.kind === "wildcard" && unsubscribe.length > 0) {
    const subscribed = new Set(subscribe);
    for (const name of unsubscribe) {
      const isKnown = before.names.names.has(name) || (sub.held && resourceIn(sub.held, name) !== undefined);
      if (isKnown && !subscribed.has(name)) owe(sub, name, "unsubscribed");
    }
  }
  forgetUnwanted(sub);
}

/**
 * What a delta client that comes back holds (D1), as a view to compare with: the target's content where the versions
 * agree, a resource without a body where they don't. Names it asks for and has not are owed an answer, even if they go before it can be given (D3).
 */
export function resumeDelta(sub: Subscription, versions: ReadonlyMap<string, string>, target: View): void {
  const overlay = new Map<string, Resource | undefined>();
  for (const [name, version] of versions) {
    if (resourceIn(target, name)?.version !== version) overlay.set(name, bodiless(sub.typeUrl, name, version));
  }
  for (const { name } of resourcesIn(target, sub.interest)) if (!versions.has(name)) overlay.set(name, undefined);
  for (const name of sub.interest.names.names) {
    // Of a collection it has what it says, and is owed only that there is nothing in it.
    const isKnown = isGlob(name) ? membersOf(target, name).length > 0 : versions.has(name);
    if (!isKnown) owe(sub, name, "fresh");
  }
  sub.held = viewOf(target.base, mergeOverlays(target.overlay, overlay));
  sub.owesAll = undefined;
}

function canonicalKeys(versions: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...versions].map(([name, version]) => [canonicalName(name), version]));
}

function mergeOverlays(below: Overlay, above: Overlay): Overlay {
  return below.size === 0 ? above : new Map([...below, ...above]);
}

function forgetUnwanted(sub: Subscription): void {
  if (sub.resumes?.mode === "delta") {
    // What it gave up before it was answered it has no more, though it may ask for it again.
    const versions = [...sub.resumes.versions].filter(([name]) => includes(sub.interest, name));
    sub.resumes = { mode: "delta", versions: new Map(versions) };
  }
  for (const name of sub.owed.keys()) if (!includes(sub.interest, name)) sub.owed.delete(name);
  for (const name of sub.rejected.keys()) {
    if (includes(sub.interest, name)) continue;
    sub.rejected.delete(name);
    forgetTwins(sub);
  }
  if (isNothing(sub.interest)) sub.owesAll = undefined;
}

function isNothing(interest: Interest): boolean {
  return interest.kind === "named" && interest.names.names.size === 0;
}
