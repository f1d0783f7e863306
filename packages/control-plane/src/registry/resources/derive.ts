import { TYPE_URLS } from "@fairlead/envoy-api";
import { diffMaps, emptyMap, type Resource } from "@fairlead/xds";
import {
  type Change,
  DERIVED_OWNER,
  type Derive,
  type Entry,
  entryOf,
  type GroupState,
  type Place,
  type ResourceKey,
  type StoreState,
  type Touched,
} from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import type { Books } from "./books.ts";
import type { LayerReader } from "./layers.ts";
import { makeResource, type ResourceParts, SERVICE_TYPES } from "./make-resources.ts";
import type { ServiceBook } from "./service-book.ts";
import { templateDocumentKey } from "./settings.ts";
import type { Templates } from "./templates.ts";

/** What {@link deriveResources} works with. */
export interface DeriveParts {
  readonly layers: LayerReader;
  readonly templates: Templates;
  /** Told what is wrong with the templates of a service in a group, each time that all of it is made; empty: nothing. */
  readonly tell: (group: string, service: string, faults: readonly Fault[]) => void;
  /** The services in the documents of a state; costs what differs from `before`, of which it was asked already. */
  readonly booksOf: (state: StoreState, before?: StoreState) => Books;
}

/**
 * Makes the resources of services: of each in each of its groups a ClusterLoadAssignment and a Cluster, and for gRPC clients a
 * Listener and a RouteConfiguration, all named like the service. Costs what differs.
 *
 * Where templates are at fault, what was made before stays, or else what they make without the faulty layers.
 */
export function deriveResources(parts: DeriveParts): Derive {
  return (before, after, touched) =>
    [...findJobs(parts, before, after, touched)].flatMap(([group, jobs]) => {
      const state = after.groups.get(group);
      const upsert: Entry[] = [];
      const remove: ResourceKey[] = [];
      for (const [service, { book, types }] of jobs) {
        const faults: Fault[] = [];
        const layers = book ? parts.layers.layersOf(after, group, book) : [];
        for (const typeUrl of types) {
          const key = { typeUrl, name: service };
          const entry = entryOf(state, key);
          if (entry && entry.owner !== DERIVED_OWNER) continue;
          const known = entry?.resource;
          const made = book && make(typeUrl, book, { templates: parts.templates, layers, known }, faults);
          if (made && made !== known) upsert.push({ resource: made, owner: DERIVED_OWNER, place: placeOf(service) });
          if (!made && known) remove.push(key);
        }
        if (types.length === SERVICE_TYPES.length) parts.tell(group, service, faults);
      }
      return changeOf(group, state, upsert, remove);
    });
}

function make(typeUrl: string, book: ServiceBook, parts: ResourceParts, faults: Fault[]): Resource | undefined {
  const made = makeResource(typeUrl, book, parts);
  faults.push(
    ...made.faults.map((fault) => ({
      ...fault,
      name: book.service,
      pointer: `/services/${book.service}${fault.pointer}`,
    })),
  );
  return made.resource;
}

/** What is to be made anew of one service in one group. */
interface Job {
  /** `undefined`: the group has the service no more. */
  readonly book: ServiceBook | undefined;
  readonly types: readonly string[];
}

/** By group, then by service. A group without services is one whose derived resources others may have taken the names of. */
type Jobs = Map<string, Map<string, Job>>;

function findJobs({ layers, booksOf }: DeriveParts, before: StoreState, after: StoreState, touched: Touched): Jobs {
  const booksBefore = booksOf(before);
  const books = booksOf(after, before);
  const jobs: Jobs = new Map([...touched.groups].map((group) => [group, new Map()]));
  const add = (group: string, service: string, types: readonly string[]) => {
    const book = books.get(service);
    const ofGroup = jobs.get(group) ?? new Map<string, Job>();
    jobs.set(group, ofGroup);
    const all = [...new Set([...(ofGroup.get(service)?.types ?? []), ...types])];
    ofGroup.set(service, { book: layers.groupsOf(book).includes(group) ? book : undefined, types: all });
  };
  diffMaps(booksBefore, books, (service, old, now) => {
    const groups = new Set([...layers.groupsOf(old), ...layers.groupsOf(now)]);
    const types = old && now && differsInEndpointsOnly(old, now) ? [TYPE_URLS.endpoints] : SERVICE_TYPES;
    for (const group of groups) add(group, service, types);
  });
  for (const key of touched.documents) {
    if (!key.startsWith(TEMPLATES)) continue;
    const group = key.slice(TEMPLATES.length);
    for (const [service, book] of books) if (layers.groupsOf(book).includes(group)) add(group, service, SERVICE_TYPES);
  }
  for (const group of touched.groups) {
    for (const { typeUrl, name } of differingKeys(before.groups.get(group), after.groups.get(group))) {
      if (books.has(name)) add(group, name, [typeUrl]);
    }
  }
  return jobs;
}

const TEMPLATES = templateDocumentKey("");

function differsInEndpointsOnly(old: ServiceBook, now: ServiceBook): boolean {
  return old.settings === now.settings && old.hostNames === 0 && now.hostNames === 0;
}

/** Names of the services' types that are defined otherwise, by whoever. */
function differingKeys(before: GroupState | undefined, after: GroupState | undefined): ResourceKey[] {
  const keys: ResourceKey[] = [];
  for (const typeUrl of SERVICE_TYPES) {
    const [old, now] = [before, after].map((state) => state?.types.get(typeUrl) ?? emptyMap<Entry>());
    diffMaps(old!, now!, (name) => keys.push({ typeUrl, name }));
  }
  return keys;
}

/** What is derived in a group, or that nothing is any more: then the group ends, unless others define something of it. */
function changeOf(
  group: string,
  state: GroupState | undefined,
  upsert: readonly Entry[],
  remove: readonly ResourceKey[],
): Change[] {
  const owned = state?.owners.get(DERIVED_OWNER);
  if (owned && owned.size === remove.length && upsert.length === 0) {
    return [{ kind: "withdraw", group, owner: DERIVED_OWNER }];
  }
  if (upsert.length === 0 && remove.length === 0) return [];
  return [{ kind: "update", group, owner: DERIVED_OWNER, upsert, remove }];
}

function placeOf(service: string): Place {
  return { file: undefined, pointer: `/services/${service}`, line: undefined, column: undefined };
}
