import { create, type DescMethod, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AccessLogService } from "@fairlead/envoy-api/envoy/service/accesslog/v3/als_pb";
import { LoadReportingService } from "@fairlead/envoy-api/envoy/service/load_stats/v3/lrs_pb";
import { ClientStatusDiscoveryService } from "@fairlead/envoy-api/envoy/service/status/v3/csds_pb";
import { Health } from "@fairlead/envoy-api/grpc/health/v1/health_pb";
import { ServerReflection } from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { Flag, FrameType, frame, messageFrame, openFrame } from "../support/http2-frames.ts";
import { openValid } from "./calls.ts";
import type { FuzzLayer } from "./layer.ts";
import { mutate } from "./mutate.ts";
import { sotwRequest } from "./xds-requests.ts";

interface Corpus {
  readonly path: string;
  readonly requests: readonly Buffer[];
}

const node = { id: "n", metadata: { a: { b: [1, "x", null, true] } }, clientFeatures: ["f"] };
const text = (value: string) => ({ matchPattern: { case: "exact" as const, value }, ignoreCase: true });

/** For every method requests that are right, or nearly. */
const corpora: readonly Corpus[] = [
  corpus(Health.method.check, {}, { service: "grpc.health.v1.Health" }, { service: "unknown" }),
  corpus(Health.method.watch, {}, { service: "unknown" }),
  corpus(Health.method.list, {}),
  corpus(
    ServerReflection.method.serverReflectionInfo,
    { messageRequest: { case: "listServices", value: "" } },
    { messageRequest: { case: "fileByFilename", value: "envoy/type/v3/percent.proto" } },
    { messageRequest: { case: "fileContainingSymbol", value: "envoy.config.core.v3.Locality" } },
    { messageRequest: { case: "allExtensionNumbersOfType", value: "google.protobuf.FieldOptions" } },
    {},
  ),
  ...[
    ClientStatusDiscoveryService.method.fetchClientStatus,
    ClientStatusDiscoveryService.method.streamClientStatus,
  ].map((method) =>
    corpus(
      method,
      {},
      { nodeMatchers: [{ nodeId: text("healthy") }] },
      {
        nodeMatchers: [
          {
            nodeMetadatas: [
              {
                path: [{ segment: { case: "key", value: "a" } }],
                value: {
                  matchPattern: {
                    case: "orMatch",
                    value: { valueMatchers: [{}, { matchPattern: { case: "stringMatch", value: text("x") } }] },
                  },
                },
              },
            ],
          },
        ],
      },
    ),
  ),
  corpus(
    LoadReportingService.method.streamLoadStats,
    { node },
    { node, clusterStats: [{ clusterName: "a", upstreamLocalityStats: [{ totalIssuedRequests: 3n, priority: 1 }] }] },
    { clusterStats: [{ clusterName: "b", droppedRequests: [{ category: "c", droppedCount: 1n }] }] },
  ),
  corpus(
    AccessLogService.method.streamAccessLogs,
    { identifier: { node, logName: "log" } },
    {
      identifier: { node, logName: "log" },
      logEntries: {
        case: "httpLogs",
        value: {
          logEntry: [{ commonProperties: { upstreamCluster: "a", metadata: {} }, response: { responseCode: 200 } }, {}],
        },
      },
    },
    { logEntries: { case: "tcpLogs", value: { logEntry: [{ connectionProperties: { receivedBytes: 1n } }] } } },
  ),
];

/** Requests of the services beside discovery, right or nearly, in valid gRPC. */
export const servicesLayer: FuzzLayer = {
  name: "services",
  casesPerBatch: 50,
  limits: { resetBurst: 1_000_000 },
  async play(port, random, cases, count) {
    const connection = openValid(port);
    for (let left = cases; left > 0; ) {
      const id = connection.nextStream();
      const { path, requests } = random.pick(corpora);
      const messages = Math.min(left, 1 + random.int(5));
      left -= messages;
      connection.send(openFrame(id, path));
      for (let at = 0; at < messages; at++) {
        const right = random.pick(at === 0 ? requests.slice(0, 2) : requests);
        connection.send(messageFrame(id, random.chance(0.5) ? right : mutate(random, right)));
      }
      if (random.chance(0.5)) connection.send(frame(FrameType.DATA, Flag.END_STREAM, id));
    }
    const typeUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    const ads = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
    await connection.finish(ads, sotwRequest({ nodeId: "alive", typeUrl }), count);
  },
};

function corpus<M extends DescMethod>(method: M, ...requests: readonly MessageInitShape<M["input"]>[]): Corpus {
  const encode = (request: MessageInitShape<M["input"]>) =>
    Buffer.from(toBinary(method.input, create(method.input, request)));
  return { path: `/${method.parent.typeName}/${method.name}`, requests: requests.map(encode) };
}
