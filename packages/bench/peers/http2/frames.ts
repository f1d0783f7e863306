import { frameMessage } from "../../../xds/src/grpc/frame.ts";
import { encodeDeltaDiscoveryResponse, encodeDiscoveryResponse } from "../node/messages.ts";
import { type Held, type Snapshot, typeUrlOf } from "../node/snapshot.ts";

/** What a response tells: its version is the snapshot's, its resources need not be. */
export interface Content {
  readonly snapshot: Snapshot;
  readonly held: readonly Held[];
  readonly nonce: string;
}

/** A response of one of the two variants of the protocol, in gRPC's frame. */
export function frameResponse(isDelta: boolean, { snapshot, held, nonce }: Content): Buffer {
  const version = String(snapshot.revision);
  const typeUrl = typeUrlOf(snapshot.shape);
  if (!isDelta) {
    const resources = held.map(({ any }) => any);
    return frameMessage(encodeDiscoveryResponse({ versionInfo: version, resources, typeUrl, nonce }));
  }
  const resources = held.map(({ name, revision, any }) => ({ name, version: String(revision), resource: any }));
  return frameMessage(encodeDeltaDiscoveryResponse({ systemVersionInfo: version, resources, typeUrl, nonce }));
}
