import { build as buildFairlead } from "./build-fairlead.ts";
import { build as buildFloor } from "./build-floor.ts";
import { build as buildGo } from "./build-go.ts";
import { build as buildGrpcJs } from "./build-grpc-js.ts";
import { build as buildHttp2 } from "./build-http2.ts";
import { build as buildJava } from "./build-java.ts";
import { build as buildRust } from "./build-rust.ts";
import { build as buildTls } from "./build-tls.ts";
import type { Built } from "./built.ts";
import type { Row } from "./rows.ts";

/** A server that is measured. */
export interface Contestant {
  readonly id: string;
  readonly title: string;
  /** What it is, in a few words, for the page. */
  readonly text: string;
  readonly build: () => Promise<Built>;
  /** Arguments after the built command's own. */
  readonly args: (row: Row) => readonly string[];
  /** Speaks xDS; the floor does not. */
  readonly protocol: "xds" | "raw";
  /** How it is changed, and how its ports are learned. */
  readonly control: "peer" | "fairlead";
  /** Keeps subscriptions, versions, validation: a product; the others are bare loops, to see what could be had. */
  readonly kind: "product" | "bare";
  /** A runtime that compiles what is hot while it runs is given this long before it counts, s; left out: what the row says. */
  readonly warmupSeconds?: number;
  /** Takes part in these rows alone, since it tells something there only; left out: in all. */
  readonly rows?: readonly string[];
}

/** Where it matters how often a response is encoded. */
const ENCODING_ROWS = ["saturation-10kb", "saturation-10kb-all"];

/** Its figures settle after about this long at full load. */
const JVM_WARMUP_SECONDS = 7;

const workloadArgs = (row: Row) => [
  "--resources",
  String(row.resources),
  "--endpoints",
  String(row.endpoints),
  "--type",
  row.type,
];

/** Whether a contestant takes part in a row. */
export function takesPart({ id, rows }: Contestant, row: Row): boolean {
  return (rows?.includes(row.id) ?? true) && (row.contestants?.includes(id) ?? true);
}

/** The order within a round is turned from round to round. */
export const CONTESTANTS: readonly Contestant[] = [
  {
    id: "fairlead",
    title: "Fairlead",
    text: "`fairlead serve`, changed through its admin API: validation, commit, metrics and status included",
    build: buildFairlead,
    args: () => [],
    protocol: "xds",
    control: "fairlead",
    kind: "product",
  },
  {
    id: "go-snapshot",
    title: "go-control-plane SnapshotCache",
    text: "what most Go control planes are built on",
    build: buildGo,
    args: (row) => ["--cache", "snapshot", ...workloadArgs(row)],
    protocol: "xds",
    control: "peer",
    kind: "product",
  },
  {
    id: "go-linear",
    title: "go-control-plane LinearCache",
    text: "one type, sends changed resources alone",
    build: buildGo,
    args: (row) => ["--cache", "linear", ...workloadArgs(row)],
    protocol: "xds",
    control: "peer",
    kind: "product",
  },
  {
    id: "java",
    title: "java-control-plane",
    text: "SimpleCache",
    build: buildJava,
    args: workloadArgs,
    protocol: "xds",
    control: "peer",
    kind: "product",
    warmupSeconds: JVM_WARMUP_SECONDS,
  },
  {
    id: "java-cached",
    title: "java-control-plane, caching",
    text: "the same with the library's `CachedProtoResourcesSerializer`",
    build: buildJava,
    args: (row) => ["--cached-serializer", ...workloadArgs(row)],
    protocol: "xds",
    control: "peer",
    kind: "product",
    rows: ENCODING_ROWS,
    warmupSeconds: JVM_WARMUP_SECONDS,
  },
  {
    id: "tonic-shared",
    title: "tonic sharing bytes",
    text: "Rust; a broadcast of encoded bytes by hand, no subscriptions kept",
    build: buildRust,
    args: (row) => ["--mode", "shared", ...workloadArgs(row)],
    protocol: "xds",
    control: "peer",
    kind: "bare",
  },
  {
    id: "tonic-naive",
    title: "tonic naive",
    text: "Rust; encodes for each stream",
    build: buildRust,
    args: (row) => ["--mode", "naive", ...workloadArgs(row)],
    protocol: "xds",
    control: "peer",
    kind: "bare",
    rows: ENCODING_ROWS,
  },
  {
    id: "grpc-js",
    title: "grpc-js",
    text: "Node; encodes for each stream, no subscriptions kept",
    build: buildGrpcJs,
    args: workloadArgs,
    protocol: "xds",
    control: "peer",
    kind: "bare",
  },
  {
    id: "http2",
    title: "`node:http2` sharing frames",
    text: "Node; framed bytes shared, no subscriptions kept",
    build: buildHttp2,
    args: workloadArgs,
    protocol: "xds",
    control: "peer",
    kind: "bare",
  },
  {
    id: "tls",
    title: "bare `node:tls`",
    text: "Node; whole states by mutual TLS without HTTP/2, nothing kept but the socket",
    build: buildTls,
    args: workloadArgs,
    protocol: "raw",
    control: "peer",
    kind: "bare",
    rows: ["mtls-2500", "connect-10000-mtls"],
  },
  {
    id: "floor",
    title: "floor: bare TCP",
    text: "the same bytes by plain sockets, no protocol at all",
    build: buildFloor,
    args: workloadArgs,
    protocol: "raw",
    control: "peer",
    kind: "bare",
  },
];
