// What the engine costs by itself: the xDS server, metrics, log and events over streams in memory, whose clients ACK all they are
// sent. `node --expose-gc packages/control-plane/scripts/measure-engine.ts [--streams 500] [--rounds 40] [--only NAME] [--bare]`
import { PerformanceObserver } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { NO_FACTS, TYPE_URLS } from "@fairlead/envoy-api";
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
} from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";
import {
  adsPath,
  type ClientStatus,
  type Connection,
  createResource,
  createXdsServer,
  encodeNode,
  type GrpcStatus,
  type Resource,
  type ServerStream,
  SharedMessage,
  SnapshotCache,
  type StreamHandler,
  type TransportHandler,
  writeDeltaDiscoveryRequest,
  writeDiscoveryRequest,
} from "@fairlead/xds";
import { pino } from "pino";
import { createEventLog } from "../src/admin/event-log.ts";
import { keepHistory } from "../src/admin/revision-history.ts";
import { createStore } from "../src/store/create-store.ts";
import { logEvents } from "../src/telemetry/log-events.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";

interface Scenario {
  readonly name: string;
  readonly mode: "sotw" | "delta";
  readonly typeUrl: string;
  /** Resources of about 1 KB in the group. */
  readonly resources: number;
  /** How many of them change at a time. */
  readonly changes: number;
  /** Whether it asks for all by name; else by a wildcard. */
  readonly isNamed: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "eds-10", mode: "sotw", typeUrl: TYPE_URLS.endpoints, resources: 10, changes: 1, isNamed: true },
  { name: "cds-10", mode: "sotw", typeUrl: TYPE_URLS.cluster, resources: 10, changes: 1, isNamed: false },
  { name: "eds-1000", mode: "sotw", typeUrl: TYPE_URLS.endpoints, resources: 1000, changes: 1, isNamed: true },
  { name: "delta-1000", mode: "delta", typeUrl: TYPE_URLS.endpoints, resources: 1000, changes: 1, isNamed: true },
];

/** One client: a stream that remembers what it was sent and answers when it is told to. */
class MemoryStream implements ServerStream {
  readonly id: number;
  readonly connection: Connection;
  readonly path: string;
  readonly userAgent = "grpc-c++/1.0";
  readonly deadlineMs = undefined;
  readonly queuedBytes = 0;
  frame: Uint8Array | undefined;
  handler: StreamHandler | undefined;

  constructor(id: number, path: string) {
    this.id = id;
    this.path = path;
    this.connection = { id, peer: `10.0.${id >> 8}.${id & 255}:4000`, sans: NO_SANS, allow };
  }

  send(frame: SharedMessage | Uint8Array): void {
    if (this.frame !== undefined) throw new Error("two responses are in flight");
    this.frame = frame instanceof SharedMessage ? frame.bytes : frame;
    received += 1;
  }

  pause(): void {}
  resume(): void {}
  end(answer: GrpcStatus): void {
    throw new Error(`the server ended a stream: ${answer.message}`);
  }
}

const NO_SANS: readonly string[] = [];
const allow = () => {};
let received = 0;

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "500" },
    rounds: { type: "string", default: "40" },
    only: { type: "string", default: "" },
    /** Without metrics, log and events. */
    bare: { type: "boolean", default: false },
  },
});
const streamCount = Number(flags.streams);
const rounds = Number(flags.rounds);
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

for (const scenario of SCENARIOS) if (scenario.name.includes(flags.only)) await measure(scenario);
process.exit(0);

async function measure(scenario: Scenario): Promise<void> {
  const { typeUrl, mode, resources, changes } = scenario;
  const cache = new SnapshotCache({ groupOf: () => "default" });
  const commit = (upsert: readonly Resource[]) =>
    cache.commit({ groups: new Map([["default", { upsert, remove: [] }]]) });
  const content = Array.from({ length: resources }, (_, index) => resourceOf(typeUrl, index, 0));
  commit(content);
  let layer!: TransportHandler;
  const server = await createXdsServer({
    source: cache,
    listen: { port: 0 },
    controlPlaneId: "measured",
    transport: async (_, handler) => {
      layer = handler;
      return {
        address: { host: "", port: 0 },
        connections: 0,
        drain: async () => {},
        close: async () => {},
      };
    },
  });
  const stop = flags.bare ? () => {} : observe(() => server.clients());

  const names = scenario.isNamed ? content.map(({ name }) => name) : [];
  const streams = Array.from({ length: streamCount }, (_, index) => new MemoryStream(index + 1, adsPath(mode)));
  const acks = new WeakMap<Uint8Array, Uint8Array>();
  const ackOf = (frame: Uint8Array) => {
    const known = acks.get(frame);
    if (known) return known;
    const ack = ackTo(scenario, names, frame);
    acks.set(frame, ack);
    return ack;
  };
  /** What every stream answers, each in bytes of its own, as from a socket. */
  const answers = () =>
    streams.map((stream) => {
      const ack = Buffer.from(ackOf(stream.frame!));
      stream.frame = undefined;
      return ack;
    });
  const answerAll = (acks: readonly Uint8Array[]) => {
    for (const [index, stream] of streams.entries()) stream.handler!.onMessage(acks[index]!);
  };

  const heapBefore = heapUsed();
  const requests = Array.from({ length: streamCount }, (_, index) => firstRequest(scenario, names, index));
  received = 0;
  const openStart = cpuUs();
  for (const [index, stream] of streams.entries()) {
    const handler = layer.onStream(stream);
    if ("code" in handler) throw new Error(handler.message);
    stream.handler = handler;
    handler.onMessage(requests[index]!);
  }
  await until(() => received === streamCount);
  const openUs = cpuUs() - openStart;
  answerAll(answers());
  await settled();
  requests.length = 0;
  const heapPerStream = (heapUsed() - heapBefore) / streamCount;

  const push: number[] = [];
  const ack: number[] = [];
  const bytes: number[] = [];
  const collectionsBefore = collections;
  for (let round = 1; round <= rounds; round++) {
    received = 0;
    const upsert = Array.from({ length: changes }, (_, index) => resourceOf(typeUrl, index, round));
    const gcBefore = collections;
    const heap = process.memoryUsage().heapUsed;
    const start = cpuUs();
    commit(upsert);
    await until(() => received === streamCount);
    const pushed = cpuUs();
    const pushedHeap = process.memoryUsage().heapUsed;
    const acks = answers();
    const ackHeap = process.memoryUsage().heapUsed;
    const ackStart = cpuUs();
    answerAll(acks);
    await settled();
    const end = cpuUs();
    push.push((pushed - start) / streamCount);
    ack.push((end - ackStart) / streamCount);
    const garbage = process.memoryUsage().heapUsed - ackHeap + pushedHeap - heap;
    if (collections === gcBefore) bytes.push(garbage / streamCount);
  }
  const gcs = collections - collectionsBefore;
  stop();
  await server.close();
  const row = {
    "push µs": median(push.slice(rounds / 2)),
    "ack µs": median(ack.slice(rounds / 2)),
    "garbage B": median(bytes),
    "GCs per 1000 pushes": (gcs / rounds / streamCount) * 1000,
    "open µs": openUs / streamCount,
    "heap B per stream": heapPerStream,
  };
  const cells = Object.entries(row).map(([key, value]) => `${key} ${value.toFixed(value < 100 ? 2 : 0)}`);
  console.log(`${scenario.name.padEnd(12)} ${streamCount} streams: ${cells.join(", ")}`);
}

function resourceOf(typeUrl: string, index: number, round: number): Resource {
  const name = `cluster-${index.toString().padStart(6, "0")}`;
  const head = Buffer.from(`\n${String.fromCharCode(name.length)}${name}`);
  const value = Buffer.concat([head, Buffer.from("\x12\xf8\x07", "latin1"), Buffer.alloc(1016, `${round}-${index} `)]);
  return createResource({ typeUrl, name, value, facts: NO_FACTS });
}

function firstRequest({ mode, typeUrl }: Scenario, names: readonly string[], index: number): Uint8Array {
  const node = encodeNode({
    id: `router~10.0.0.${index}~gateway-${index}.default~default.svc.cluster.local`,
    cluster: "gateway",
    metadata: { CLUSTER_ID: "Kubernetes", NAMESPACE: "default", LABELS: { app: "gateway", version: "v1" } },
    locality: { region: "eu-central-1", zone: "eu-central-1a", subZone: "" },
    userAgentName: "envoy",
    userAgentVersion: "1.36.0",
    clientFeatures: ["envoy.lb.does_not_support_overprovisioning", "envoy.lrs.supports_send_all_clusters"],
  });
  return mode === "sotw"
    ? writeDiscoveryRequest({ typeUrl, node, resourceNames: names })
    : writeDeltaDiscoveryRequest({ typeUrl, node, subscribe: names });
}

function ackTo({ mode, typeUrl }: Scenario, names: readonly string[], frame: Uint8Array): Uint8Array {
  const body = frame.subarray(5);
  if (mode === "delta") {
    const { nonce } = fromBinary(DeltaDiscoveryResponseSchema, body);
    return writeDeltaDiscoveryRequest({ typeUrl, nonce });
  }
  const { nonce, versionInfo } = fromBinary(DiscoveryResponseSchema, body);
  return writeDiscoveryRequest({ typeUrl, nonce, versionInfo, resourceNames: names });
}

/** Metrics, log and events, as `fairlead serve` has them. */
function observe(clients: () => Iterable<ClientStatus>): () => void {
  const store = createStore({});
  const metrics = createMetrics({
    store,
    resources: () => [],
    sources: () => [],
    groups: () => ({ known: 1, broken: 0 }),
    clients: () => [],
    isReady: true,
    edge: () => ({ connections: 0, queuedBytes: 0, partialBytes: 0, waitingStreams: 0 }),
    workers: () => [],
    hasCluster: () => true,
    registry: () => undefined,
  });
  const history = keepHistory(store, { maxRevisions: 100 });
  const events = createEventLog({ history, clients, reachOf: (group) => new Set([group]), maxEvents: 1000 });
  const stopLog = logEvents(pino({ level: "warn" }));
  return () => {
    stopLog();
    history.close();
    events.close();
    metrics.close();
  };
}

/** CPU of this process with its collector's threads, µs. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function heapUsed(): number {
  for (let times = 0; times < 4; times++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const endsAt = performance.now() + 60_000; !isSo(); ) {
    if (performance.now() > endsAt) throw new Error(`only ${received} of ${streamCount} streams were sent a response`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Until the turns are over that what was taken has caused. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 8 + streamCount / 250; turns++) await new Promise((resolve) => setImmediate(resolve));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
