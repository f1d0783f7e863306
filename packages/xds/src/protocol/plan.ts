import { describeConstraints, isGlob, TYPE_URLS } from "@fairlead/envoy-api";
import { hostsFor, routeConfigurationOf } from "../cache/name-index.ts";
import type { Resource } from "../cache/resource.ts";
import type { ResourceError } from "../cache/resource-error.ts";
import type { Cause } from "../channels.ts";
import { isBodiless } from "./bodiless.ts";
import { type Interest, includes } from "./interest.ts";
import { traitsOf } from "./type-traits.ts";
import { digestOf, stateVersion } from "./version.ts";
import { differences, membersOf, resourceIn, resourcesIn, type View } from "./view.ts";

/** Which of the two protocols a stream speaks. */
export type Mode = "sotw" | "delta";

/** What one response says, but for its nonce. Equal plans of streams in the same state are the same object. */
export interface Plan {
  /**
   * `content`: what the client lacks. Else it has it, and is only told again so that it does not expire (O3): `heartbeat`
   * without bodies, `refresh` with them. The answer to such a response changes nothing.
   */
  readonly kind: "content" | "heartbeat" | "refresh";
  readonly typeUrl: string;
  readonly mode: Mode;
  /** Sorted by name, no name twice (C7). */
  readonly resources: readonly Resource[];
  /** Names that do not exist (any more); delta only. */
  readonly removed: readonly string[];
  /** Names of virtual hosts asked for on demand, to be answered under this alias with an empty resource (D8). */
  readonly aliases: readonly string[];
  /** Why names that were asked for have no resource (O5); none of them is among {@link resources}. */
  readonly errors: readonly ResourceError[];
  /** Variants that the client has, and that go or make room for another of the same name (TP2); delta only. */
  readonly dropped: readonly Resource[];
  readonly version: string;
  /** Names left for the response after this one, where one would be over the size budget (C7). */
  readonly rest: readonly string[];
  /** It is over the size budget and may not be split, since absence would delete (C7). */
  readonly isOverBudget: boolean;
  /** Some of its resources have a time to live, and the client takes that (O3). */
  readonly withTtl: boolean;
}

/** What a subscription lacks, from which its next response is planned. */
export interface Lack {
  readonly mode: Mode;
  readonly interest: Interest;
  /** What the client holds by now; `undefined`: nothing. */
  readonly held: View | undefined;
  /** Names to be answered though nothing about them changed. */
  readonly owed: ReadonlyMap<string, Cause>;
  /** The whole state is to be answered, even if there is nothing in it. */
  readonly owesAll: boolean;
  /** A response holds all that is asked for, whatever of it changed: absence deletes (W2), or it answers a poll. */
  readonly isWhole: boolean;
  /** Names of a rejected response: they go with the first of them that changes (C5). */
  readonly rejected: ReadonlySet<string>;
  /** Whether the client takes a time to live (O3). */
  readonly takesTtl: boolean;
}

/** Most bytes of resources in one response where it may be split; gRPC's default receive limit (C7). */
export const MAX_RESPONSE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** From how many states the way to one view is remembered: clients lag by different amounts, but not by many. */
const MAX_PLANS_PER_VIEW = 256;

/** Of how many names a step may tell that is looked up by them: making more of them is no more work than looking them up. */
const MAX_NAMES_IN_KEY = 16;

/** The plans that lead to one view. By id and not by view, or each view would keep all of its forebears alive. */
interface Plans {
  readonly byKey: Map<string, Plan | undefined>;
  /** What was asked for last: in a fan-out nearly all clients ask for the same, one after another. */
  last: {
    readonly lack: Omit<Lack, "held" | "owed" | "rejected">;
    readonly heldId: number;
    readonly plan: Plan | undefined;
  };
}

const shared = new WeakMap<View, Plans>();

/** The response that takes a client from what it holds to the view; `undefined`: it lacks nothing. */
export function planResponse(to: View, lack: Lack): Plan | undefined {
  if (lack.owed.size > 0 || lack.rejected.size > 0) return makePlan(to, lack);
  const { mode, interest, held, owesAll, isWhole, takesTtl } = lack;
  if (held === to && !owesAll) return undefined;
  const heldId = held?.id ?? 0;
  const plans = shared.get(to);
  if (plans && plans.last.heldId === heldId && isSameLack(plans.last.lack, lack)) return plans.last.plan;
  const key = `${heldId} ${mode} ${owesAll} ${isWhole} ${takesTtl} ${interest.kind} ${interest.names.key} ${interest.within?.key ?? ""}`;
  const byKey = plans?.byKey ?? new Map<string, Plan | undefined>();
  const isKnown = byKey.has(key);
  const plan = isKnown ? byKey.get(key) : planStep(to, lack, byKey);
  if (!isKnown && byKey.size >= MAX_PLANS_PER_VIEW) byKey.clear();
  byKey.set(key, plan);
  const last = { lack: { mode, interest, owesAll, isWhole, takesTtl }, heldId, plan };
  if (plans) plans.last = last;
  else shared.set(to, { byKey, last });
  return plan;
}

/** In delta a step says what differs, and not of what: who asks for other names, too, is sent the same. */
function planStep(to: View, lack: Lack, plans: Map<string, Plan | undefined>): Plan | undefined {
  const { mode, held, owesAll, takesTtl } = lack;
  const names = namesToSend(to, lack);
  if (mode === "sotw" || owesAll || !held || names.size > MAX_NAMES_IN_KEY) return makePlan(to, lack, names);
  const key = JSON.stringify([held.id, takesTtl, ...names]);
  const plan = plans.has(key) ? plans.get(key) : makePlan(to, lack, names);
  plans.set(key, plan);
  return plan;
}

function isSameLack(a: Plans["last"]["lack"], b: Plans["last"]["lack"]): boolean {
  if (a.mode !== b.mode || a.owesAll !== b.owesAll || a.isWhole !== b.isWhole || a.takesTtl !== b.takesTtl)
    return false;
  return (
    a.interest.kind === b.interest.kind &&
    a.interest.names === b.interest.names &&
    a.interest.within === b.interest.within
  );
}

/** All of a view that an interest covers, even if that is nothing; in SotW. */
export function planWhole(view: View, interest: Interest): Plan {
  const lack = { mode: "sotw", interest, held: undefined, owesAll: true, isWhole: true, takesTtl: false } as const;
  return planResponse(view, { ...lack, owed: new Map(), rejected: new Set() }) ?? nothing(view, lack);
}

function makePlan(to: View, lack: Lack, names = namesToSend(to, lack)): Plan | undefined {
  const { mode, interest, isWhole } = lack;
  const { typeUrl } = to.base;
  if (names.size === 0 && !answersEmpty(lack)) return undefined;
  const candidates = isWhole ? resourcesIn(to, interest) : existing(to, names);
  // What only the client knows stays as it has it, until it is removed.
  const found = candidates.filter((resource) => !isBodiless(resource));
  const missing = mode === "delta" ? [...names].filter((name) => !resourceIn(to, name)).sort() : [];
  const { removed = [], aliases = [] } = Object.groupBy(missing, (name) =>
    typeUrl === TYPE_URLS.virtualHost && isOnDemand(lack, name) ? "aliases" : "removed",
  );
  // In SotW an absent resource of a partial type can't be told, so there may be nothing left to say (W2).
  const isTellable = isWhole && traitsOf(typeUrl).isFullState;
  if (!isTellable && found.length + missing.length === 0 && !answersEmpty(lack)) return undefined;
  const part = withinBudget(found);
  const { resources, rest } = isWhole ? { resources: found, rest: [] } : part;
  const isOverBudget = isWhole && part.rest.length > 0;
  const version = mode === "sotw" ? stateVersion(to, interest, lack.held) : digestOf(typeUrl, resources, missing);
  const withTtl = lack.takesTtl && resources.some(({ ttlMs }) => ttlMs !== undefined);
  const dropped =
    mode === "delta" && lack.held ? [...names].flatMap((name) => droppedVariant(lack.held!, to, name)) : [];
  const content = { resources, removed, aliases, dropped, errors: NO_ERRORS };
  return { kind: "content", typeUrl, mode, ...content, version, rest, isOverBudget, withTtl };
}

function droppedVariant(held: View, to: View, name: string): Resource | [] {
  const before = resourceIn(held, name);
  if (!before?.variant) return [];
  const after = resourceIn(to, name)?.variant;
  return after && describeConstraints(after.rule) === describeConstraints(before.variant.rule) ? [] : before;
}

/** The response with errors beside what it says; one for them alone where there is nothing else to say (O5). */
export function planErrors(
  to: View,
  lack: Lack,
  plan: Plan | undefined,
  errors: readonly ResourceError[],
): Plan | undefined {
  if (errors.length === 0) return plan;
  const whole = lack.isWhole ? makePlan(to, { ...lack, owesAll: true }) : undefined;
  return { ...(plan ?? whole ?? nothing(to, lack)), errors };
}

function nothing(to: View, { mode, interest }: Pick<Lack, "mode" | "interest">): Plan {
  const { typeUrl } = to.base;
  const version = mode === "sotw" ? stateVersion(to, interest) : digestOf(typeUrl, [], []);
  const content = { resources: [], removed: [], aliases: [], dropped: [], errors: NO_ERRORS };
  return { kind: "content", typeUrl, mode, ...content, version, rest: [], isOverBudget: false, withTtl: false };
}

const NO_ERRORS: readonly ResourceError[] = [];

function namesToSend(to: View, lack: Lack): Set<string> {
  const { interest, held, owed, rejected } = lack;
  const names = new Set<string>();
  for (const { name, after } of held ? differences(held, to, interest) : []) {
    if (!after || !isBodiless(after)) names.add(name);
  }
  if (held && [...names].some((name) => rejected.has(name))) {
    for (const name of rejected) if (includes(interest, name)) names.add(name);
  }
  if (lack.owesAll || !held) for (const { name } of resourcesIn(to, interest)) names.add(name);
  // What was asked for by name and does not exist is told once, in delta (D3).
  if (lack.owesAll) for (const name of interest.names.names) addAsked(names, to, interest, name);
  for (const name of owed.keys()) addAsked(names, to, interest, name);
  return names;
}

/**
 * Adds a name that was asked for. One that stands for a collection is answered by what is in it, and told as missing
 * where nothing is: a glob (O4), or a route configuration for its virtual hosts (D8).
 */
function addAsked(names: Set<string>, to: View, { within }: Interest, name: string): void {
  const members = isGlob(name) || within?.names.has(name) ? membersOf(to, name) : [];
  if (members.length === 0) names.add(name);
  for (const member of members) names.add(member);
  if (to.base.typeUrl !== TYPE_URLS.virtualHost || resourceIn(to, name)) return;
  for (const host of hostsFor(to.base.index, name)) if (resourceIn(to, host)) names.add(host);
}

/** Whether the client asked for a virtual host by `<route configuration>/<host>`, and waits for an answer under that name. */
function isOnDemand({ owed, owesAll, interest }: Lack, name: string): boolean {
  const cause = owed.get(name) ?? (owesAll && interest.names.names.has(name) ? "subscribed" : "hosts");
  return cause !== "hosts" && routeConfigurationOf(name) !== "" && !isGlob(name);
}

/** Whether "there is nothing" is an answer too (W4). Names that do not exist count as something to tell. */
function answersEmpty({ interest, owesAll }: Lack): boolean {
  return owesAll && interest.kind === "wildcard";
}

function existing(view: View, names: ReadonlySet<string>): Resource[] {
  return [...names].sort().flatMap((name) => resourceIn(view, name) ?? []);
}

/** As many of them as go into one response, and the names of the rest (C7). */
export function withinBudget(candidates: readonly Resource[]): Pick<Plan, "resources" | "rest"> {
  let bytes = 0;
  for (const [index, { value, name }] of candidates.entries()) {
    bytes += value.length + 2 * name.length + 200;
    if (bytes <= MAX_RESPONSE_BYTES || index === 0) continue;
    return { resources: candidates.slice(0, index), rest: candidates.slice(index).map((resource) => resource.name) };
  }
  return { resources: candidates, rest: [] };
}
