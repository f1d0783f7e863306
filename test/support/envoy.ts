import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ClientFiles, SERVER_NAME } from "./carriers.ts";
import { type Child, startChild, tail } from "./child.ts";
import { apiConfigSource, configSource, isAds, type Mode, XDS_CLUSTER } from "./modes.ts";
import { waitFor } from "./wait-for.ts";

/** What to start. `FAIRLEAD_TEST_ENVOY_LOG=debug` in the environment makes Envoy tell more. Nothing but this is set: drain time, timeouts and the like are Envoy's defaults. */
export interface EnvoyOptions {
  /** The program, from `requireTool("envoy")`. */
  readonly binary: string;
  readonly mode: Mode;
  /** The xDS server's port on 127.0.0.1. */
  readonly xdsPort: number;
  /** Speaks TLS to the xDS server, trusts this authority and shows this certificate. Default: plaintext. */
  readonly xdsTls?: ClientFiles | undefined;
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** Folder for bootstrap and log. */
  readonly folder: string;
  /** `node.client_features`: an Envoy says nothing of itself there. Default: none. */
  readonly clientFeatures?: readonly string[];
  /** A layer of the runtime that comes from the server (RTDS), by its name. Default: none. */
  readonly runtimeLayer?: string;
  /** More for the bootstrap's `dynamic_resources`. Default: nothing. */
  readonly dynamicResources?: object;
  /** Reports its load to the xDS server. Default `false`. */
  readonly reportsLoad?: boolean;
  /** Worker threads. Default 1. */
  readonly concurrency?: number;
}

/** A running Envoy. */
export interface Envoy {
  readonly nodeId: string;
  readonly logPath: string;
  readonly pid: number;
  /** Waits until `/ready` says LIVE: the first configuration of all types has arrived and warmed. */
  waitUntilLive(timeoutMs?: number): Promise<void>;
  /** Counters and gauges whose name matches the regular expression `filter`. */
  stats(filter: string): Promise<ReadonlyMap<string, number>>;
  /** `GET` on the admin interface. */
  admin(path: string): Promise<string>;
  /** Names of the clusters that came by CDS, those still warming included. */
  dynamicClusters(): Promise<DynamicClusters>;
  /** Stops it in its tracks (SIGSTOP): connections stay up, nothing is read. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Clusters by state; the value is the cluster as Envoy holds it. */
export interface DynamicClusters {
  readonly active: ReadonlyMap<string, Record<string, unknown>>;
  readonly warming: ReadonlyMap<string, Record<string, unknown>>;
}

/**
 * Starts an Envoy whose listeners and clusters come from the xDS server.
 * @throws when it ends before its admin interface is up, with the last lines of its log.
 */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const bootstrap = join(options.folder, `envoy-${options.nodeId}-${unique++}.json`);
  writeFileSync(bootstrap, JSON.stringify(makeBootstrap(options), null, 2));
  return runEnvoy(bootstrap, options);
}

/** Starts an Envoy by a bootstrap file with an admin interface; logs go beside it. */
export async function runEnvoy(
  bootstrap: string,
  options: Pick<EnvoyOptions, "binary" | "nodeId" | "concurrency">,
): Promise<Envoy> {
  const stem = bootstrap.replace(/\.\w+$/, "");
  const adminAddress = `${stem}.admin`;
  const child = startChild(
    options.binary,
    [
      ...["--config-path", bootstrap],
      ...["--admin-address-path", adminAddress],
      ...["--concurrency", String(options.concurrency ?? 1)],
      ...["--log-level", process.env.FAIRLEAD_TEST_ENVOY_LOG ?? "info"],
      // Hot restart shares memory between Envoys of one base id; here many run side by side.
      "--disable-hot-restart",
    ],
    `${stem}.log`,
  );
  const address = await waitFor(
    () => `Envoy's admin address; its log: ${child.logPath}\n${tail(child.logPath)}`,
    () => {
      if (child.process.exitCode !== null) return "ended";
      const written = readFileSync(adminAddress, "utf8").trim();
      return written !== "" && written;
    },
  );
  if (address === "ended") throw new Error(`Envoy ended at its start:\n${tail(child.logPath)}`);
  return makeEnvoy(options.nodeId, child, `http://${address}`);
}

let unique = 0;

function makeEnvoy(nodeId: string, child: Child, adminUrl: string): Envoy {
  const admin = async (path: string): Promise<string> => {
    const response = await fetch(adminUrl + path, { signal: AbortSignal.timeout(10_000) });
    return await response.text();
  };
  return {
    nodeId,
    logPath: child.logPath,
    pid: child.process.pid!,
    admin,
    waitUntilLive: async (timeoutMs = 30_000) => {
      await waitFor(
        () => `Envoy to be LIVE; its log: ${child.logPath}\n${tail(child.logPath)}`,
        async () => (await admin("/ready")).startsWith("LIVE"),
        { timeoutMs },
      );
    },
    stats: async (filter) => parseStats(await admin(`/stats?filter=${encodeURIComponent(filter)}`)),
    dynamicClusters: async () => parseClusters(await admin("/config_dump")),
    pause: () => void child.process.kill("SIGSTOP"),
    resume: () => void child.process.kill("SIGCONT"),
    stop: async () => {
      child.process.kill("SIGCONT");
      await child.stop();
    },
  };
}

function parseStats(text: string): ReadonlyMap<string, number> {
  const pairs = text.split("\n").map((line) => /^(.+): (\d+)$/.exec(line));
  return new Map(pairs.filter((pair) => pair !== null).map(([, name, value]) => [name!, Number(value)]));
}

interface ClustersDump {
  readonly dynamic_active_clusters?: readonly { readonly cluster: Record<string, unknown> & { name: string } }[];
  readonly dynamic_warming_clusters?: readonly { readonly cluster: Record<string, unknown> & { name: string } }[];
}

function parseClusters(text: string): DynamicClusters {
  const { configs } = JSON.parse(text) as { configs: readonly (ClustersDump & { "@type": string })[] };
  const dump = configs.find((config) => config["@type"].endsWith("ClustersConfigDump"));
  const byName = (list: ClustersDump["dynamic_active_clusters"] = []) =>
    new Map(list.map(({ cluster }) => [cluster.name, cluster]));
  return { active: byName(dump?.dynamic_active_clusters), warming: byName(dump?.dynamic_warming_clusters) };
}

function makeBootstrap(options: EnvoyOptions): object {
  const { mode, xdsPort, nodeId, nodeCluster, clientFeatures = [], runtimeLayer, dynamicResources } = options;
  const source = configSource(mode);
  const rtds = { name: runtimeLayer, rtds_layer: { name: runtimeLayer, rtds_config: source } };
  return {
    node: { id: nodeId, cluster: nodeCluster, client_features: clientFeatures },
    ...(runtimeLayer === undefined ? {} : { layered_runtime: { layers: [rtds] } }),
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
    dynamic_resources: {
      ...(isAds(mode) ? { ads_config: apiConfigSource(mode) } : {}),
      lds_config: source,
      cds_config: source,
      ...dynamicResources,
    },
    static_resources: { clusters: [{ ...makeXdsCluster(xdsPort, mode !== "rest"), ...xdsTransport(options) }] },
    ...(options.reportsLoad === true ? { cluster_manager: { load_stats_config: apiConfigSource(mode) } } : {}),
  };
}

function xdsTransport({ xdsTls, mode }: EnvoyOptions): object {
  if (xdsTls === undefined) return {};
  const { ca, cert, key } = xdsTls;
  const context = {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    sni: SERVER_NAME,
    common_tls_context: {
      alpn_protocols: mode === "rest" ? [] : ["h2"],
      tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
      validation_context: {
        trusted_ca: { filename: ca },
        match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: SERVER_NAME } }],
      },
    },
  };
  return { transport_socket: { name: "envoy.transport_sockets.tls", typed_config: context } };
}

function makeXdsCluster(port: number, isHttp2: boolean): object {
  const protocol = isHttp2 ? { http2_protocol_options: {} } : { http_protocol_options: {} };
  return {
    name: XDS_CLUSTER,
    type: "STATIC",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: protocol,
      },
    },
    load_assignment: {
      cluster_name: XDS_CLUSTER,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }] },
      ],
    },
  };
}
