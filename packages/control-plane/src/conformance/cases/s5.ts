import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { StreamAccessLogsMessageSchema } from "@fairlead/envoy-api/envoy/service/accesslog/v3/als_pb";
import {
  LoadStatsRequestSchema,
  LoadStatsResponseSchema,
} from "@fairlead/envoy-api/envoy/service/load_stats/v3/lrs_pb";
import {
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
  ConfigStatus,
} from "@fairlead/envoy-api/envoy/service/status/v3/csds_pb";
import { type Channel, StatusCode } from "@fairlead/xds";
import { type Case, SPEC } from "../case.ts";
import { describeStatus, namesIn } from "../describe.ts";
import { bigCluster, CDS, cluster } from "../resources.ts";
import type { CallEnd, Trial } from "../trial.ts";
import { mustEnd } from "./must-end.ts";

const HEALTH = "/grpc.health.v1.Health/Check";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const LOAD_STATS = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";
const ACCESS_LOGS = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const CLIENT_STATUS = "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus";
const REFLECTION_PAGE = "gRPC server reflection protocol";

/** `ServerReflectionRequest`'s fields, as tags. */
const SYMBOL = 0x22;
const LIST = 0x3a;
/** `ServerReflectionResponse.file_descriptor_response`, and its `file_descriptor_proto`. */
const FILES = 0x22;
const FILE = 0x0a;
/** `ServerReflectionResponse.list_services_response`, its `service`, and the `name` in that. */
const SERVICES = 0x32;
const SERVICE = 0x0a;
const NAME = 0x0a;
/** `ServerReflectionResponse.error_response`. */
const ERROR = 0x3a;

/** `LoadStatsRequest.cluster_stats`: one that says nothing, and one that can't be read. */
const NO_STATS = [0x12, 0x00];
const BROKEN_STATS = [0x12, 0x01, 0xff];
/** More clusters than a server is likely to read in one go. */
const MANY_CLUSTERS = 1_000;
/** More content than a client takes in one message by gRPC's default, in clusters of a size that is shown. */
const LARGE = Array.from({ length: 18 }, (_, index) => `large-${index}`);
const LARGE_BYTES = 250_000;

export const S5: readonly Case[] = [
  {
    id: "S5",
    says: "gRPC health says that the server serves",
    level: "recommended",
    source: "gRPC health checking protocol",
    variants: ["grpc"],
    async run(t) {
      const { messages } = served(t, await t.call({ path: HEALTH, send: [new Uint8Array()], ends: true }));
      t.must(messages[0]?.join() === "8,1", "SERVING", `bytes ${messages[0]?.join()}`);
    },
  },
  {
    id: "S5",
    says: "reflection lists the aggregated service",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const answer = await reflect(t, LIST, "*");
      const text = Buffer.from(answer).toString("latin1");
      t.must(text.includes("envoy.service.discovery.v3.AggregatedDiscoveryService"), "its name", "a list without it");
    },
  },
  {
    id: "S5",
    says: "reflection sends a file with all that it imports",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const files = filesIn(await reflect(t, SYMBOL, "envoy.service.discovery.v3.AggregatedDiscoveryService"));
      const names = new Set(files.map(({ name }) => name));
      t.must(names.size > 0, "files", "none");
      const missing = files.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name));
      t.must(missing.length === 0, "every import", `no ${missing[0]}`);
    },
  },
  {
    id: "S5",
    says: "reflection finds the value of an enum where protobuf puts it: beside the enum",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${REFLECTION_PAGE}`,
    variants: ["grpc"],
    async run(t) {
      const files = filesIn(await reflect(t, SYMBOL, "envoy.config.core.v3.HIGH"));
      t.must(
        files.some(({ name }) => name === "envoy/config/core/v3/base.proto"),
        "its file",
        "none",
      );
    },
  },
  {
    id: "S5",
    says: "reflection describes every service that it lists",
    level: "fairlead",
    source: `${SPEC.fairlead}: grpcurl gives up on all when one is missing`,
    variants: ["grpc"],
    async run(t) {
      const [list] = fieldsOf(await reflect(t, LIST, "*"), SERVICES);
      const names = fieldsOf(list!, SERVICE).map((service) => Buffer.from(fieldsOf(service, NAME)[0]!).toString());
      const send = names.map((name) => reflectionRequest(SYMBOL, name));
      const { messages } = await t.call({ path: REFLECTION, send, ends: true });
      const unknown = names.filter((_, index) => !messages[index] || fieldsOf(messages[index], ERROR).length > 0);
      t.must(names.length > 0 && unknown.length === 0, "a file of each service that is listed", `none of ${unknown}`);
    },
  },
  {
    id: "S5",
    says: "who can't be asked for the load of all clusters is asked by their names",
    level: "fairlead",
    source: `${SPEC.fairlead}; envoy/service/load_stats/v3/lrs.proto: send_all_clusters`,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const { messages, status } = served(t, await t.call({ path: LOAD_STATS, send: [load(t)], untilMessage: true }));
      t.must(messages.length === 1, "a response", describeStatus(status));
      const { clusters, sendAllClusters } = fromBinary(LoadStatsResponseSchema, messages[0]!);
      const came = sendAllClusters ? "all" : namesIn(clusters);
      t.must(came === "[a b]", "to be asked for [a b]", came);
    },
  },
  {
    id: "S5",
    says: "a load report is read to its end: what is broken in the last cluster's figures is told",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"));
      const figures = [...Array.from({ length: MANY_CLUSTERS }, () => NO_STATS).flat(), ...BROKEN_STATS];
      const end = served(t, await t.call({ path: LOAD_STATS, send: [Buffer.concat([load(t), Buffer.from(figures)])] }));
      mustEnd(t, end, "INVALID_ARGUMENT");
    },
  },
  {
    id: "S5",
    says: "access logs that say not whose they are are refused",
    level: "fairlead",
    source: `${SPEC.fairlead}; envoy/service/accesslog/v3/als.proto: identifier "in the first message"`,
    variants: ["grpc"],
    async run(t) {
      const send = [toBinary(StreamAccessLogsMessageSchema, create(StreamAccessLogsMessageSchema))];
      mustEnd(t, served(t, await t.call({ path: ACCESS_LOGS, send, ends: true })), "INVALID_ARGUMENT");
    },
  },
  {
    id: "S5",
    says: "who has no client on its connection is told of none: a proxy must not read what another is served",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      mustEnd(t, await clientStatus(t), "PERMISSION_DENIED");
    },
  },
  {
    id: "S5",
    says: "client status tells what was sent from what was acknowledged",
    level: "fairlead",
    source: `${SPEC.fairlead}; envoy/service/status/v3/csds.proto: ConfigStatus`,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"));
      const channel = t.connect();
      const stream = t.open(CDS, { channel });
      stream.subscribe(CDS);
      const response = await stream.holding(CDS, ["a"]);
      t.must((await statusOf(t, channel)) === ConfigStatus.STALE, "STALE before the ACK", "another status");
      stream.ack(response);
      await stream.settled();
      t.must((await statusOf(t, channel)) === ConfigStatus.SYNCED, "SYNCED behind the ACK", "another status");
    },
  },
  {
    id: "S5",
    says: "client status refuses a regular expression rather than match nothing by it",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("a"));
      const channel = t.connect();
      const stream = t.open(CDS, { channel });
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      const nodeId = { matchPattern: { case: "safeRegex" as const, value: { regex: ".*" } } };
      mustEnd(t, await clientStatus(t, { nodeMatchers: [{ nodeId }] }, channel), "INVALID_ARGUMENT");
    },
  },
  {
    id: "S5",
    says: "client status that would be larger than 4 MiB is refused",
    level: "fairlead",
    source: `${SPEC.fairlead}; 4 MiB is gRPC's default limit for clients`,
    variants: ["grpc"],
    async run(t) {
      await t.given(...LARGE.map((name) => bigCluster(name, LARGE_BYTES)));
      const channel = t.connect();
      const stream = t.open(CDS, { channel });
      stream.subscribe(CDS);
      await stream.answer(CDS, LARGE);
      await stream.settled();
      mustEnd(t, await clientStatus(t, {}, channel), "RESOURCE_EXHAUSTED");
    },
  },
];

/** A load report's first message. */
function load({ node }: Trial): Uint8Array {
  return toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, { node: { id: node, cluster: node } }));
}

async function clientStatus(
  t: Trial,
  request: MessageInitShape<typeof ClientStatusRequestSchema> = {},
  channel?: Channel,
): Promise<CallEnd> {
  const send = [toBinary(ClientStatusRequestSchema, create(ClientStatusRequestSchema, request))];
  return served(t, await t.call({ path: CLIENT_STATUS, send, ends: true, ...(channel && { channel }) }));
}

/** Of cluster a, as client status tells it. */
async function statusOf(t: Trial, channel: Channel): Promise<ConfigStatus | undefined> {
  const { messages, status } = await clientStatus(t, {}, channel);
  t.must(messages.length === 1, "an answer", describeStatus(status));
  const { config } = fromBinary(ClientStatusResponseSchema, messages[0]!);
  const own = config.find(({ node }) => node?.id === t.node);
  return own?.genericXdsConfigs.find(({ name }) => name === "a")?.configStatus;
}

/** A server need not have these services. */
function served(t: Trial, end: CallEnd): CallEnd {
  if (end.status.code === StatusCode.UNIMPLEMENTED) t.lacks(`the server answers ${describeStatus(end.status)}`);
  return end;
}

async function reflect(t: Trial, tag: number, text: string): Promise<Uint8Array> {
  const send = [reflectionRequest(tag, text)];
  const { messages, status } = served(t, await t.call({ path: REFLECTION, send, ends: true }));
  t.must(messages.length > 0, "an answer", describeStatus(status));
  return messages[0]!;
}

function reflectionRequest(tag: number, text: string): Uint8Array {
  return Uint8Array.of(tag, text.length, ...Buffer.from(text));
}

function filesIn(answer: Uint8Array) {
  const [response] = fieldsOf(answer, FILES);
  const files = response === undefined ? [] : fieldsOf(response, FILE);
  return files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

/** Length-delimited fields of that tag. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < message.length; ) {
    const tag = message[at++]!;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if ((tag & 7) !== 2) continue; // a varint, which was read as a length
    if (tag === wanted) found.push(message.subarray(at, at + length));
    at += length;
  }
  return found;
}
