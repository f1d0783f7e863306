import type { Reference } from "@fairlead/envoy-api";
import { isGlob, nearest, TYPE_URLS } from "@fairlead/envoy-api";
import type { ReferenceRule, ReferenceRules } from "../config/config.ts";
import { type Composed, NOTHING_COMPOSED } from "../store/compose.ts";
import { diffStates } from "../store/diff.ts";
import {
  type Entry,
  entryOf,
  type GroupDelta,
  type GroupState,
  keyOf,
  type ResourceKey,
  type StoreState,
} from "../store/store.ts";
import { type Fault, type Severity, whereOf } from "./fault.ts";

/** Names compared to find what was meant; in a larger type nothing is suggested. */
const MAX_SUGGESTIONS = 2_000;

const RULE_BY_TYPE_URL: ReadonlyMap<string, ReferenceRule> = new Map([
  [TYPE_URLS.cluster, "cluster"],
  [TYPE_URLS.endpoints, "endpoints"],
  [TYPE_URLS.routes, "route"],
  [TYPE_URLS.scopedRoutes, "scopedRoute"],
  [TYPE_URLS.secret, "secret"],
  [TYPE_URLS.extensionConfig, "extensionConfig"],
]);

/**
 * Knows who refers to what in every group, so that the references that a change breaks or mends are found without
 * reading the group again.
 */
export interface ReferenceIndex {
  /** The references that dangle in `state` and might not have before, by group: those a change touches, judged by rule. */
  check(state: ServedState, deltas: ReadonlyMap<string, GroupDelta>): ReadonlyMap<string, readonly Fault[]>;
  /** Takes a state for the present one. */
  advance(state: ServedState): void;
  /** What dangles in a group at present, errors and warnings. */
  danglingIn(group: string): readonly Fault[];
}

/**
 * A state as it is served, and which of its groups include which. A group that others include may leave to them what it
 * refers to: what each of them holds does not dangle.
 */
export type ServedState = Pick<Composed, "served" | "inclusions">;

/** An index that holds nothing yet; `rules` say how a dangling reference is judged. */
export function createReferenceIndex(rules: ReferenceRules): ReferenceIndex {
  const groups = new Map<string, GroupReferences>();
  let indexed: StoreState = NOTHING_COMPOSED.served;

  return {
    check(state, deltas) {
      const found = new Map<string, readonly Fault[]>();
      const isLeftToOthers = leftToOthers(state);
      for (const [group, delta] of deltas) {
        const now = state.served.groups.get(group);
        if (delta.kind === "deleted" || !now) continue;
        const known = groups.get(group);
        const affected = affectedBy(delta, indexed.groups.get(group), now, known);
        const faults = [...affected.values()].flatMap((key) => {
          const before = new Set(known?.dangling.get(keyOf(key))?.map(({ fault }) => fault.message));
          return danglingFrom(key, now, rules, isLeftToOthers)
            .filter(({ fault }) => fault.severity === "error" || !before.has(fault.message))
            .map((dangling) => withSuggestion(dangling, now));
        });
        if (faults.length > 0) found.set(group, faults);
      }
      return found;
    },

    advance(state) {
      const { served } = state;
      const isLeftToOthers = leftToOthers(state);
      for (const [group, delta] of diffStates(indexed, served)) {
        const now = served.groups.get(group);
        if (delta.kind === "deleted" || !now) {
          groups.delete(group);
          continue;
        }
        const references = groups.get(group) ?? { referrers: new Map(), references: new Map(), dangling: new Map() };
        groups.set(group, references);
        const affected = affectedBy(delta, indexed.groups.get(group), now, references);
        for (const key of delta.remove) setReferences(references, key, []);
        for (const { typeUrl, name, facts } of delta.upsert) {
          setReferences(references, { typeUrl, name }, facts.references);
        }
        for (const key of delta.remove) references.dangling.delete(keyOf(key));
        for (const [id, key] of affected) {
          const faults = danglingFrom(key, now, rules, isLeftToOthers);
          if (faults.length > 0) references.dangling.set(id, faults);
          else references.dangling.delete(id);
        }
      }
      indexed = served;
    },

    danglingIn: (group) => [...(groups.get(group)?.dangling.values() ?? [])].flat().map(({ fault }) => fault),
  };
}

interface Dangling {
  readonly reference: Reference;
  readonly fault: Fault;
}

interface GroupReferences {
  /** By what is referred to: who refers to it. */
  readonly referrers: Map<string, Map<string, ResourceKey>>;
  /** By who refers: to what. */
  readonly references: Map<string, readonly string[]>;
  readonly dangling: Map<string, readonly Dangling[]>;
}

/** Whose references are to be looked at again: what changed, and who refers to what came or went. */
function affectedBy(
  delta: Extract<GroupDelta, { kind: "changed" }>,
  before: GroupState | undefined,
  now: GroupState,
  known: GroupReferences | undefined,
): Map<string, ResourceKey> {
  const affected = new Map<string, ResourceKey>();
  const referrersOf = (key: ResourceKey) => {
    for (const [id, referrer] of known?.referrers.get(keyOf(key)) ?? []) {
      if (entryOf(now, referrer)) affected.set(id, referrer);
    }
  };
  for (const { typeUrl, name, facts } of delta.upsert) {
    const key = { typeUrl, name };
    if (facts.references.length > 0 || known?.dangling.has(keyOf(key))) affected.set(keyOf(key), key);
    if (!entryOf(before, key)) referrersOf(key);
  }
  for (const key of delta.remove) referrersOf(key);
  return affected;
}

function setReferences(group: GroupReferences, from: ResourceKey, references: readonly Reference[]): void {
  const id = keyOf(from);
  for (const target of group.references.get(id) ?? []) {
    const referrers = group.referrers.get(target);
    referrers?.delete(id);
    if (referrers?.size === 0) group.referrers.delete(target);
  }
  if (references.length === 0) {
    group.references.delete(id);
    return;
  }
  const targets = [...new Set(references.map(keyOf))];
  group.references.set(id, targets);
  for (const target of targets) {
    const referrers = group.referrers.get(target) ?? new Map<string, ResourceKey>();
    referrers.set(id, from);
    group.referrers.set(target, referrers);
  }
}

/** The references of a resource that lead nowhere, but for those that nobody wants to hear of. */
function danglingFrom(
  key: ResourceKey,
  group: GroupState,
  rules: ReferenceRules,
  isLeftToOthers: (group: string, reference: Reference) => boolean,
): Dangling[] {
  const entry = entryOf(group, key);
  if (!entry) return [];
  return entry.resource.facts.references
    .filter((reference) => !holds(group, reference) && !isLeftToOthers(group.group, reference))
    .flatMap((reference) => {
      const rule = ruleOf(reference);
      const severity = rules[rule];
      return severity === "ignore"
        ? []
        : [{ reference, fault: danglingFault(rule, severity, reference, entry, group) }];
    });
}

function holds(group: GroupState, { typeUrl, name }: Reference): boolean {
  // A collection may be empty: a glob of `xdstp://` names, a route configuration's virtual hosts.
  const isCollection = typeUrl === TYPE_URLS.virtualHost || isGlob(name);
  return isCollection || (group.types.get(typeUrl)?.has(name) ?? false);
}

/** Says whether every group that includes the given one holds what is referred to; `false` where nobody includes it. */
function leftToOthers({ served, inclusions }: ServedState): (group: string, reference: Reference) => boolean {
  return (group, reference) => {
    let isIncluded = false;
    for (const other of inclusions?.includers.get(group)?.keys() ?? []) {
      const includer = served.groups.get(other);
      if (!includer) continue;
      if (!holds(includer, reference)) return false;
      isIncluded = true;
    }
    return isIncluded;
  };
}

function ruleOf({ typeUrl, pointer }: Reference): ReferenceRule {
  const rule = RULE_BY_TYPE_URL.get(typeUrl) ?? "other";
  return rule === "cluster" && pointer.includes("/apiConfigSource/") ? "configSourceCluster" : rule;
}

function danglingFault(
  rule: ReferenceRule,
  severity: Severity,
  reference: Reference,
  { resource, place }: Entry,
  { group }: GroupState,
): Fault {
  const { typeUrl, name } = resource;
  const from = `${shortName(typeUrl)} ${JSON.stringify(name)}`;
  const to = `${shortName(reference.typeUrl)} ${JSON.stringify(reference.name)}`;
  const message = `${from} refers to ${to}, which group ${group} does not hold`;
  return { severity, rule: `reference.${rule}`, message, ...whereOf(place, reference.pointer), group, typeUrl, name };
}

/** Names what may have been meant. Apart, since it compares with every name there is. */
function withSuggestion({ fault, reference }: Dangling, group: GroupState): Fault {
  const known = group.types.get(reference.typeUrl);
  const near = known && known.size <= MAX_SUGGESTIONS ? nearest(reference.name, known.keys()) : undefined;
  return near === undefined ? fault : { ...fault, message: `${fault.message}; did you mean ${JSON.stringify(near)}?` };
}

/** `Cluster` of a cluster's type URL. */
function shortName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
}
