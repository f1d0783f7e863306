/** `@fairlead/xds`: an xDS v3 server, a cache of snapshots, and a client. */
export type { GroupChanges } from "./cache/apply-changes.ts";
export { createResource, type ResourceInput } from "./cache/create-resource.ts";
export { diffMaps, emptyMap, mapOf, type PersistentMap } from "./cache/persistent-map.ts";
export type { Resource } from "./cache/resource.ts";
export type { Snapshot, TypeSnapshot } from "./cache/snapshot.ts";
export { type Commit, SnapshotCache, type SnapshotCacheOptions } from "./cache/snapshot-cache.ts";
export { type Cause, type ChannelMessages, xdsChannel } from "./channels.ts";
export type { HeldResource } from "./client/subscription.ts";
export type { Verdict, WatchHandlers } from "./client/topic.ts";
export { createXdsClient, type Watch, type XdsClient, type XdsClientOptions } from "./client/xds-client.ts";
export { XdsError, type XdsErrorCode } from "./errors.ts";
export { DEFAULT_STAGE_OPTIONS, type StageOptions } from "./protocol/stage-options.ts";
export { stateVersion } from "./protocol/version.ts";
export { defaultHttp2Limits, type Http2Limits } from "./server/http2/limits.ts";
export type { Http2ListenOptions } from "./server/http2/listen.ts";
export type { NodeIdentity, SnapshotEvent, SnapshotSource } from "./server/source.ts";
export type { ClientStatus, Nack, StageWait, SyncState, TypeStatus } from "./server/status.ts";
export { createXdsServer, type WorkCounts, type XdsServer, type XdsServerOptions } from "./server/xds-server.ts";
