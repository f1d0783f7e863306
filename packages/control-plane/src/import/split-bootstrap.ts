import { factsOf, resourceFromJson, type Schema, TYPE_URLS, typeUrlOf } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import { dropField, fieldOf, isJson, itemsOf, type Json, textOf } from "./json.ts";
import { createNames } from "./names.ts";
import { BOOTSTRAP } from "./read-bootstrap.ts";
import { visitMessages } from "./visit-messages.ts";

/** What becomes a resource of its own. */
export interface SplitOptions {
  /** Routes that stand inside listeners come by RDS. */
  readonly rds: boolean;
  /** Endpoints of static clusters come by EDS. */
  readonly eds: boolean;
}

/** Kinds of resources that a bootstrap is split into, each a file's name. */
export type SplitKind = "listeners" | "routes" | "clusters" | "endpoints" | "secrets";

/** A bootstrap in two parts. */
export interface SplitBootstrap {
  /** What can be served, with `@type`. */
  readonly resources: Readonly<Record<SplitKind, readonly Json[]>>;
  /** What must stay with the proxy, without anything that leads to a control plane yet. */
  readonly bootstrap: Json;
  /** What somebody should know, in words. */
  readonly notes: readonly string[];
}

const HTTP_CONNECTION_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const SDS_SECRET_CONFIG = "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig";
const LISTENER = "envoy.config.listener.v3.Listener";
const CLUSTER = "envoy.config.cluster.v3.Cluster";

/** Where a served resource has what it refers to from. */
const ADS = { ads: {}, resource_api_version: "V3" };

/**
 * Splits a static bootstrap into resources that serve the same, and what is left. Names are kept; fields stay as they
 * are spelled.
 *
 * @param json a valid bootstrap; it is not changed
 * @throws FairleadError `usage` where listeners or clusters come from somewhere already
 */
export function splitBootstrap(schema: Schema, json: Json, options: SplitOptions): SplitBootstrap {
  const bootstrap = structuredClone(json);
  refuseDynamic(bootstrap);
  const statics = fieldOf(bootstrap, "static_resources");
  const all = isJson(statics) ? statics : {};
  dropField(bootstrap, "static_resources");
  const notes: string[] = [];

  const [apiListeners, listeners] = partition(
    itemsOf(all, "listeners"),
    (it) => fieldOf(it, "api_listener") !== undefined,
  );
  const needed = clustersNeeded(schema, bootstrap, apiListeners);
  const [keptClusters, clusters] = partition(itemsOf(all, "clusters"), (it) => needed.has(textOf(it, "name")));
  for (const { name } of keptClusters) notes.push(`cluster ${String(name)} stays in the bootstrap, which refers to it`);
  if (apiListeners.length > 0)
    notes.push("a listener with api_listener stays in the bootstrap: Envoy takes it nowhere else");
  const secrets = itemsOf(all, "secrets");
  const keptNames = new Set<string>();
  const keep = (typeName: string, message: Json) => {
    visitMessages(schema, typeName, message, (desc, found) => {
      if (desc.typeName === SDS_SECRET_CONFIG && isStatic(found)) keptNames.add(textOf(found, "name"));
    });
  };
  keep(BOOTSTRAP, bootstrap);
  for (const listener of apiListeners) keep(LISTENER, listener);
  for (const cluster of keptClusters) keep(CLUSTER, cluster);
  const keptSecrets = secrets.filter((it) => keptNames.has(textOf(it, "name")));
  for (const { name } of keptSecrets)
    notes.push(`secret ${String(name)} stays in the bootstrap too, which refers to it`);

  nameListeners(listeners, notes);
  for (const listener of listeners) askForSecrets(schema, LISTENER, listener);
  for (const cluster of clusters) askForSecrets(schema, CLUSTER, cluster);
  const routes = options.rds ? moveRoutes(schema, listeners, notes) : [];
  const endpoints = options.eds ? clusters.flatMap((cluster) => moveEndpoints(cluster)) : [];

  const rest = { listeners: apiListeners, clusters: keptClusters, secrets: keptSecrets };
  const left = Object.fromEntries(Object.entries(rest).filter(([, items]) => items.length > 0));
  if (Object.keys(left).length > 0) bootstrap.static_resources = left;
  return {
    resources: {
      listeners: listeners.map((it) => typed(TYPE_URLS.listener, it)),
      routes: routes.map((it) => typed(TYPE_URLS.routes, it)),
      clusters: clusters.map((it) => typed(TYPE_URLS.cluster, it)),
      endpoints: endpoints.map((it) => typed(TYPE_URLS.endpoints, it)),
      secrets: secrets.map((it) => typed(TYPE_URLS.secret, it)),
    },
    bootstrap,
    notes,
  };
}

function typed(typeUrl: string, { name, ...rest }: Json): Json {
  return { "@type": typeUrl, ...(name !== undefined && { name }), ...rest };
}

function refuseDynamic(bootstrap: Json): void {
  const dynamic = fieldOf(bootstrap, "dynamic_resources");
  if (!isJson(dynamic) || Object.keys(dynamic).length === 0) return;
  const keys = Object.keys(dynamic).join(", ");
  throw new FairleadError(
    "usage",
    `dynamic_resources is set (${keys}): this Envoy has a source already. Take it out, with the static cluster that leads there, and import what is static`,
  );
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Clusters that are asked for before any could have been served. */
function clustersNeeded(schema: Schema, bootstrap: Json, apiListeners: readonly Json[]): ReadonlySet<string> {
  const rest = { ...bootstrap, static_resources: { listeners: apiListeners } };
  const resource = { "@type": typeUrlOf(BOOTSTRAP), ...rest };
  const read = resourceFromJson(schema, {
    "@type": typeUrlOf("envoy.service.discovery.v3.Resource"),
    name: "rest",
    resource,
  });
  const names = new Set<string>();
  if (read.ok) {
    const { references } = factsOf(schema, read.typeUrl, read.message);
    for (const { typeUrl, name } of references) if (typeUrl === TYPE_URLS.cluster) names.add(name);
  }
  const clusterManager = fieldOf(bootstrap, "cluster_manager");
  if (isJson(clusterManager)) names.add(textOf(clusterManager, "local_cluster_name"));
  return names;
}

/** A static listener may have no name, a served one may not. */
function nameListeners(listeners: readonly Json[], notes: string[]): void {
  const taken = new Set(listeners.map((it) => textOf(it, "name")));
  for (const [index, listener] of listeners.entries()) {
    if (textOf(listener, "name") !== "") continue;
    let name = `listener_${index}`;
    while (taken.has(name)) name += "_";
    taken.add(name);
    listener.name = name;
    notes.push(`the listener without a name is called ${name}`);
  }
}

/** Secrets named without a source are those of the bootstrap, which are served now. */
function askForSecrets(schema: Schema, typeName: string, message: Json): void {
  visitMessages(schema, typeName, message, (desc, json) => {
    if (desc.typeName === SDS_SECRET_CONFIG && isStatic(json)) json.sds_config = ADS;
  });
}

function isStatic(secretConfig: Json): boolean {
  return fieldOf(secretConfig, "sds_config") === undefined;
}

/** Takes inline routes out of listeners; equal ones of one name become one. */
function moveRoutes(schema: Schema, listeners: readonly Json[], notes: string[]): Json[] {
  const names = createNames();
  const moved = new Map<string, Json>();
  for (const listener of listeners) {
    visitMessages(schema, LISTENER, listener, (desc, manager) => {
      const routes = desc.typeName === HTTP_CONNECTION_MANAGER ? fieldOf(manager, "route_config") : undefined;
      if (!isJson(routes)) return;
      const wanted = textOf(routes, "name");
      const name = names.give(wanted || textOf(listener, "name"), routes);
      if (name !== wanted) {
        const former = wanted === "" ? "without a name" : `${wanted}, whose name others have,`;
        notes.push(`the route configuration ${former} of listener ${textOf(listener, "name")} is called ${name}`);
      }
      dropField(manager, "route_config");
      manager.rds = { route_config_name: name, config_source: ADS };
      moved.set(name, { ...routes, name });
    });
  }
  return [...moved.values()];
}

/** Takes the endpoints out of a cluster whose addresses are fixed; names that DNS resolves can't come by EDS. */
function moveEndpoints(cluster: Json): Json[] {
  const type = fieldOf(cluster, "type") ?? "STATIC";
  const assignment = fieldOf(cluster, "load_assignment");
  if ((type !== "STATIC" && type !== 0) || fieldOf(cluster, "cluster_type") || !isJson(assignment)) return [];
  dropField(cluster, "load_assignment");
  cluster.type = "EDS";
  cluster.eds_cluster_config = { eds_config: ADS };
  dropField(assignment, "cluster_name");
  return [{ cluster_name: textOf(cluster, "name"), ...assignment }];
}
