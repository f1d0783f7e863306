import { Counter, Gauge, Registry } from "@prometheus-io/client";
import { countEdge, type MeasuredEdge } from "./edge-metrics.ts";
import { listen, listenSource } from "./listen.ts";
import { countRegistry, type MeasuredRegistry } from "./registry-metrics.ts";
import { createRuntimeMetrics } from "./runtime-metrics.ts";
import { countServices, type HasCluster } from "./service-metrics.ts";
import { type MeasuredStore, measureStore } from "./store-metrics.ts";
import { gaugeTraffic } from "./traffic-metrics.ts";
import { createTypeLabels } from "./type-label.ts";

/** What the metrics need to see of the rest, read at each scrape. */
export interface Measured extends MeasuredEdge {
  /** Resources served, by type URL. */
  resources(): Iterable<readonly [typeUrl: string, count: number]>;
  /** Groups, and how many of them hold a last good state because their input is broken. */
  groups(): { readonly known: number; readonly broken: number };
  /** Sources by name; `faultySinceMs`, ms since the epoch: since when it cannot be reached or read, `undefined`: it can. */
  sources(): Iterable<{ readonly name: string; readonly faultySinceMs: number | undefined }>;
  /** Connected proxies, without observers. */
  clients(): Iterable<{ readonly state: "SYNCED" | "PENDING" | "REJECTED" }>;
  readonly isReady: boolean;
  readonly registry: () => MeasuredRegistry;
  readonly store: MeasuredStore;
  readonly hasCluster: HasCluster;
}

/** The metrics of one running control plane. */
export interface Metrics {
  readonly contentType: string;
  /** The exposition text for Prometheus. */
  expose(): Promise<string>;
  /** Counts one answer of the admin API. `route` is the pattern, not the path: the label's values must stay few. */
  countRequest(request: { readonly method: string; readonly route: string; readonly status: number }): void;
  /** Stops listening to channels and to the runtime. */
  close(): void;
}

/**
 * Subscribes to the xDS server's channels and keeps Prometheus metrics. Channels are the process's: of several
 * control planes in one process, each counts what all of them do.
 *
 * No label takes its values from clients or users without a bound; node ids and group names are in logs and in the
 * admin API, never here.
 */
export function createMetrics(measured: Measured): Metrics {
  const registry = new Registry();
  const runtime = createRuntimeMetrics();
  const requests = new Counter({
    name: "fairlead_admin_requests_total",
    help: "Requests to the admin API, by method, route and status.",
    labelNames: ["method", "route", "status"],
    registers: [registry],
  });
  const subscriptions = [
    ...countStreams(registry),
    ...countEdge(registry, measured),
    ...countBuilds(registry),
    ...countSources(registry),
    ...countServices(registry, measured.hasCluster),
    ...countRegistry([registry], measured.registry),
    ...measureStore(registry, measured.store),
  ];
  gaugeTraffic(registry);
  gaugeState(registry, measured);
  const merged = Registry.merge([registry, runtime.registry]);
  return {
    contentType: merged.contentType,
    expose: () => merged.metrics(),
    countRequest: ({ method, route, status }) => requests.inc({ method, route, status: String(status) }),
    close() {
      for (const unsubscribe of subscriptions) unsubscribe();
      runtime.close();
    },
  };
}

function countStreams(registry: Registry): (() => void)[] {
  const registers = [registry];
  const open = new Gauge({ name: "fairlead_xds_streams", help: "Open xDS streams.", registers });
  const opened = new Counter({ name: "fairlead_xds_streams_opened_total", help: "xDS streams opened.", registers });
  const labelOf = createTypeLabels();
  const polls = new Counter({
    name: "fairlead_xds_polls_total",
    help: "Polls, by type, by way (REST or a unary Fetch) and by answer: content, unchanged (304) or refused.",
    labelNames: ["type", "way", "answer"],
    registers,
  });
  const evicted = new Counter({
    name: "fairlead_xds_streams_evicted_total",
    help: "xDS streams ended by the server because the client did not read.",
    registers,
  });
  const failedHandshakes = new Counter({
    name: "fairlead_xds_tls_handshakes_failed_total",
    help: "TLS handshakes of proxies that came to nothing; the log says why.",
    registers,
  });
  const warnings = new Counter({
    name: "fairlead_xds_warnings_total",
    help: "Warnings of the protocol engine; the log has their text.",
    registers,
  });
  return [
    listen("fairlead:xds:stream-opened", () => {
      opened.inc();
      open.inc();
    }),
    listen("fairlead:xds:stream-closed", () => open.dec()),
    listen("fairlead:xds:polled", ({ typeUrl, way, answer }) => polls.inc({ type: labelOf(typeUrl), way, answer })),
    listen("fairlead:xds:evicted", () => evicted.inc()),
    listen("fairlead:xds:handshake-failed", () => failedHandshakes.inc()),
    listen("fairlead:xds:warning", () => warnings.inc()),
  ];
}

function countSources(registry: Registry): (() => void)[] {
  const registers = [registry];
  const commits = new Counter({
    name: "fairlead_commits_total",
    help: "Commits that made a new revision, by source.",
    labelNames: ["source"],
    registers,
  });
  const faults = new Counter({
    name: "fairlead_source_faults_total",
    help: "Times that a source, or a group of it, could not be read and kept its last good state, by source.",
    labelNames: ["source"],
    registers,
  });
  return [
    listenSource("fairlead:source:committed", ({ source }) => commits.inc({ source })),
    listenSource("fairlead:source:faulty", ({ source }) => faults.inc({ source })),
  ];
}

function countBuilds(registry: Registry): (() => void)[] {
  const registers = [registry];
  const labelOf = createTypeLabels();
  const built = new Counter({
    name: "fairlead_xds_built_total",
    help: "Responses built, by type; streams share them, so compare with pushes.",
    labelNames: ["type"],
    registers,
  });
  const nacks = new Counter({
    name: "fairlead_xds_nacks_total",
    help: "NACKs received, by type.",
    labelNames: ["type"],
    registers,
  });
  return [
    listen("fairlead:xds:built", (message) => built.inc({ type: labelOf(message.typeUrl) })),
    listen("fairlead:xds:nacked", (message) => nacks.inc({ type: labelOf(message.typeUrl) })),
  ];
}

function gaugeState(registry: Registry, measured: Measured): void {
  const registers = [registry];
  const labelOf = createTypeLabels();
  new Gauge({
    name: "fairlead_resources",
    help: "Resources served over all groups, by type.",
    labelNames: ["type"],
    registers,
    collect() {
      this.reset();
      for (const [typeUrl, count] of measured.resources()) this.inc({ type: labelOf(typeUrl) }, count);
    },
  });
  new Gauge({
    name: "fairlead_groups",
    help: "Groups, by whether their newest input is served (ok) or a last good state (broken).",
    labelNames: ["state"],
    registers,
    collect() {
      const { known, broken } = measured.groups();
      this.set({ state: "ok" }, known - broken);
      this.set({ state: "broken" }, broken);
    },
  });
  new Gauge({
    name: "fairlead_source_up",
    help: "1 while a source can be reached and read, 0 while its last good state is served, by source.",
    labelNames: ["source"],
    registers,
    collect() {
      for (const { name, faultySinceMs } of measured.sources()) {
        this.set({ source: name }, faultySinceMs === undefined ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: "fairlead_source_down_since_seconds",
    help: "Since when a source cannot be reached or read, in seconds since 1970, by source; absent while it can.",
    labelNames: ["source"],
    registers,
    collect() {
      this.reset();
      for (const { name, faultySinceMs } of measured.sources()) {
        if (faultySinceMs !== undefined) this.set({ source: name }, faultySinceMs / 1_000);
      }
    },
  });
  new Gauge({
    name: "fairlead_nodes",
    help: "Connected proxies by their worst state over all types.",
    labelNames: ["state"],
    registers,
    collect() {
      const counts = { SYNCED: 0, PENDING: 0, REJECTED: 0 };
      for (const { state } of measured.clients()) counts[state]++;
      for (const [state, count] of Object.entries(counts)) this.set({ state: state.toLowerCase() }, count);
    },
  });
  new Gauge({
    name: "fairlead_ready",
    help: "1 while /readyz answers 200.",
    registers,
    collect() {
      this.set(measured.isReady ? 1 : 0);
    },
  });
}
