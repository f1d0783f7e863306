import { type Reference, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource } from "../../src/cache/create-resource.ts";
import type { Resource } from "../../src/cache/resource.ts";
import { routedClusters } from "../../src/wire/announce-clusters.ts";
import { WireReader } from "../../src/wire/reader.ts";
import { routedBytes } from "../support/routed-bytes.ts";

/** A type that only the registry knows (protocol.md S4). */
export const OTHER_TYPE = "type.googleapis.com/example.Other";

/** One resource of the model, small enough to read in a counterexample. */
export interface Spec {
  readonly type: TypeName;
  readonly name: string;
  /** Content number: equal numbers are equal content, so that content may also come back. */
  readonly v: number;
  /** A cluster: of type EDS (with the name its endpoints go by), of type DNS (warms silently), or static. */
  readonly eds?: string;
  readonly dns?: boolean;
  /** Clusters that a route or listener points to. */
  readonly to?: readonly string[];
  /** The route configuration of a listener. */
  readonly rds?: string;
  /** Every client rejects it. */
  readonly isBad?: boolean;
}

/** The types of the model. */
export type TypeName = "cluster" | "endpoints" | "routes" | "listener" | "secret" | "other";

/** Type URLs of the model's types. */
export const URLS: Readonly<Record<TypeName, string>> = {
  cluster: TYPE_URLS.cluster,
  endpoints: TYPE_URLS.endpoints,
  routes: TYPE_URLS.routes,
  listener: TYPE_URLS.listener,
  secret: TYPE_URLS.secret,
  other: OTHER_TYPE,
};

/** What the server's group is to hold, by `type name`. */
export type World = ReadonlyMap<string, Spec>;

/** One change of the world: a resource is there from now on, or is not. */
export type Mutation =
  | { readonly op: "put"; readonly spec: Spec }
  | { readonly op: "drop"; readonly type: TypeName; readonly name: string };

/** The world after some changes; a world that must not dangle is mended. */
export function mutate(world: World, mutations: readonly Mutation[], mayDangle: boolean): World {
  const next = new Map(world);
  for (const mutation of mutations) {
    if (mutation.op === "put") next.set(keyOf(mutation.spec), mutation.spec);
    else next.delete(`${mutation.type} ${mutation.name}`);
  }
  return mayDangle ? next : mend(next);
}

/** The world without references to what does not exist. */
export function mend(world: World): World {
  const next = new Map(world);
  const clusters = [...next.values()].filter(({ type }) => type === "cluster");
  for (const { eds } of clusters) {
    const key = `endpoints ${eds}`;
    if (eds !== undefined && !next.has(key)) next.set(key, { type: "endpoints", name: eds, v: 0 });
  }
  for (const [key, spec] of next) {
    if (spec.type !== "routes" && spec.type !== "listener") continue;
    const to = (spec.to ?? []).filter((name) => next.has(`cluster ${name}`));
    const { rds, ...rest } = spec;
    const keepsRoute = rds !== undefined && next.has(`routes ${rds}`);
    next.set(key, { ...rest, to, ...(keepsRoute && { rds }) });
  }
  return next;
}

/** The world with nothing in it that clients reject, and with other content than before where they did. */
export function heal(world: World, rejected: readonly { readonly type: TypeName; readonly name: string }[]): World {
  const healed = new Map<string, Spec>();
  for (const [key, { isBad, ...spec }] of mend(world)) healed.set(key, isBad ? { ...spec, v: spec.v + 100 } : spec);
  for (const { type, name } of rejected) {
    const key = keyOf({ type, name });
    const spec = healed.get(key) ?? { type, name, v: 0 };
    healed.set(key, spec.v < 100 ? { ...spec, v: spec.v + 100 } : spec);
  }
  return healed;
}

/** `type name`, by which the world knows a resource. */
export function keyOf({ type, name }: { readonly type: TypeName; readonly name: string }): string {
  return `${type} ${name}`;
}

const specs = new WeakMap<Resource, Spec>();

/** The resource that a spec stands for. */
export function resourceOf(spec: Spec): Resource {
  const references: Reference[] = [];
  const add = (type: TypeName, name: string) => references.push({ typeUrl: URLS[type], name, pointer: "" });
  if (spec.eds !== undefined) add("endpoints", spec.eds);
  if (spec.rds !== undefined) add("routes", spec.rds);
  for (const name of spec.to ?? []) add("cluster", name);
  const said = JSON.stringify(spec);
  const resource = createResource({
    typeUrl: URLS[spec.type],
    name: spec.name,
    value: bearsRoutes(spec) ? routedBytes(URLS[spec.type], said, spec.to ?? []) : Buffer.from(said),
    facts: { references, warmsSilently: spec.dns === true, isOpaque: false },
  });
  specs.set(resource, spec);
  return resource;
}

/** What a resource of this model says. */
export function specOf(resource: Resource): Spec {
  const known = specs.get(resource);
  if (known) return known;
  const spec = readSpec(resource);
  specs.set(resource, spec);
  return spec;
}

/** Routes have real bytes, so that the engine can announce clusters in them. */
function bearsRoutes({ type }: Pick<Spec, "type">): boolean {
  return type === "routes" || type === "listener";
}

/** Of what is announced to a client, all clusters that its routes name. */
function readSpec({ typeUrl, value }: Resource): Spec {
  const bearer = typeUrl === URLS.routes ? "routes" : "listener";
  if (typeUrl !== URLS.routes && typeUrl !== URLS.listener) return JSON.parse(Buffer.from(value).toString()) as Spec;
  const reader = new WireReader(value);
  reader.tag();
  return { ...(JSON.parse(reader.string()) as Spec), to: [...routedClusters(bearer, value)] };
}

/** A spec in a line. */
export function describeSpec({ type, name, v, eds, dns, to, rds, isBad }: Spec): string {
  const parts = [
    `${type} ${name}=${v}`,
    eds !== undefined && `eds:${eds}`,
    dns && "dns",
    to && to.length > 0 && `to:${to.join("+")}`,
    rds !== undefined && `rds:${rds}`,
    isBad && "BAD",
  ];
  return parts.filter(Boolean).join(" ");
}
