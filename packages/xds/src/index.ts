/** `@fairlead/xds`: an xDS v3 server, a cache of snapshots, and a client. */
export { SharedMessage } from "@fairlead/h2";
export type { GroupChanges } from "./cache/apply-changes.ts";
export { createResource, type ResourceInput } from "./cache/create-resource.ts";
export type { NameIndex } from "./cache/name-index.ts";
export { diffMaps, digestMap, emptyMap, mapOf, type PersistentMap } from "./cache/persistent-map.ts";
export { type ReadResourceOptions, readResource } from "./cache/read-resource.ts";
export type { Resource, Variant } from "./cache/resource.ts";
export type { ResourceError } from "./cache/resource-error.ts";
export type { Snapshot, TypeSnapshot } from "./cache/snapshot.ts";
export { type Commit, SnapshotCache, type SnapshotCacheOptions } from "./cache/snapshot-cache.ts";
export { type Cause, type ChannelMessages, xdsChannel } from "./channels.ts";
export type { BackoffOptions } from "./client/backoff.ts";
export { type Channel, openChannel } from "./client/channel.ts";
export type { Expectation } from "./client/raw-stream.ts";
export { openRawStream, type RawStreamOptions, type RawTraffic, type RawXdsStream } from "./client/raw-stream.ts";
export { faultOf, type ReceivedResource, type XdsResponse } from "./client/response.ts";
export { adsPath, servicePath } from "./client/services.ts";
export type { StreamStatus } from "./client/stream.ts";
export type { Change, HeldResource } from "./client/subscription.ts";
export type { Verdict, WatchHandlers } from "./client/topic.ts";
export type { CallHandlers, CallOptions, ClientCall } from "./client/transport/call.ts";
export type { ConnectOptions } from "./client/transport/connect.ts";
export { type OpenCallOptions, openCall } from "./client/transport/connect.ts";
export type { ClientTls } from "./client/transport/open-socket.ts";
export { createXdsClient, type Watch, type XdsClient, type XdsClientOptions } from "./client/xds-client.ts";
export { XdsError, type XdsErrorCode } from "./errors.ts";
export { frameMessage } from "./grpc/frame.ts";
export { decodeGrpcMessage } from "./grpc/percent-encoding.ts";
export { StatusCode, statusName } from "./grpc/status.ts";
export type { Interest } from "./protocol/interest.ts";
export type { NameSet } from "./protocol/name-set.ts";
export type { Mode } from "./protocol/plan.ts";
export { DEFAULT_STAGE_OPTIONS, type StageOptions } from "./protocol/stage-options.ts";
export { contentVersion, stateVersion } from "./protocol/version.ts";
export type { Overlay, View } from "./protocol/view.ts";
export type { PemSource, TlsOptions } from "./server/http2/certificates.ts";
export { defaultHttp2Limits, type Http2Limits } from "./server/http2/limits.ts";
export type { Http2ListenOptions } from "./server/http2/listen.ts";
export { accessLogService } from "./server/services/access-logs.ts";
export { type ClientStatusOptions, clientStatusService } from "./server/services/client-status.ts";
export { healthService } from "./server/services/health.ts";
export { type LoadReportingOptions, loadReportingService } from "./server/services/load-reports.ts";
export type { MethodOf } from "./server/services/methods.ts";
export {
  type Answering,
  bidiStreaming,
  clientStreaming,
  type Replies,
  type Reply,
  serverStreaming,
  unary,
} from "./server/services/methods.ts";
export { type ReflectionOptions, reflectionServices } from "./server/services/reflection.ts";
export type { Reporter } from "./server/services/reporter.ts";
export type {
  CallHandler,
  ConnectedClient,
  GrpcService,
  ServedMethod,
  ServiceFactory,
  ServiceHost,
  Steps,
  Work,
} from "./server/services/service.ts";
export type { FormerResource, NodeIdentity, SnapshotEvent, SnapshotSource } from "./server/source.ts";
export type {
  ClientStatus,
  Nack,
  RejectedResource,
  ResourceStatus,
  StageWait,
  SyncState,
  TypeStatus,
} from "./server/status.ts";
export type {
  Connection,
  EdgeCounts,
  GrpcStatus,
  HttpAnswer,
  HttpBodyHandler,
  HttpHead,
  ServerStream,
  StreamHandler,
  Transport,
  TransportHandler,
} from "./server/transport.ts";
export type { WorkerStatus } from "./server/workers/listen-workers.ts";
export {
  createXdsServer,
  type OpenTransport,
  type WorkCounts,
  type XdsServer,
  type XdsServerOptions,
} from "./server/xds-server.ts";
export { DURATION_BOUNDS_MS, type Durations, type TypeTraffic, trafficByType } from "./traffic.ts";
export { type DeltaRequestToWrite, writeDeltaDiscoveryRequest } from "./wire/delta-request.ts";
export { readLocality } from "./wire/locality.ts";
export { encodeNode, type NodeToEncode } from "./wire/node.ts";
export { tagOf, WIRE, WireReader } from "./wire/reader.ts";
export type { NamedError } from "./wire/resource-error.ts";
export type { ResourceLocator } from "./wire/resource-locator.ts";
export { type SotwRequestToWrite, writeDiscoveryRequest } from "./wire/sotw-request.ts";
export type { ErrorDetail } from "./wire/status.ts";
export { type JsonObject, readStruct } from "./wire/struct.ts";
export { WireError } from "./wire/wire-error.ts";
