import { create, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
  ResourceSchema,
} from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";

/** A resource of a delta response. */
export interface DeltaResource {
  readonly name: string;
  readonly version: string;
  readonly value: Uint8Array;
}

/** Encodes a `DiscoveryResponse` by protobuf-es. A value is an encoded resource, or an `Any` around one, ready made. */
export function sotwResponse(
  typeUrl: string,
  versionInfo: string,
  values: readonly (Uint8Array | { readonly typeUrl: string; readonly value: Uint8Array })[],
  nonce: string,
): Buffer {
  const resources = values.map((value) => create(AnySchema, value instanceof Uint8Array ? { typeUrl, value } : value));
  return Buffer.from(
    toBinary(DiscoveryResponseSchema, create(DiscoveryResponseSchema, { versionInfo, resources, typeUrl, nonce })),
  );
}

/** Encodes a `DeltaDiscoveryResponse` by protobuf-es. */
export function deltaResponse(
  typeUrl: string,
  systemVersionInfo: string,
  resources: readonly DeltaResource[],
  removedResources: readonly string[],
  nonce: string,
): Buffer {
  const response = create(DeltaDiscoveryResponseSchema, {
    systemVersionInfo,
    typeUrl,
    nonce,
    removedResources: [...removedResources],
    resources: resources.map(({ name, version, value }) => ({ name, version, resource: { typeUrl, value } })),
  });
  return Buffer.from(toBinary(DeltaDiscoveryResponseSchema, response));
}

/** An `Any` around the wrapper that SotW servers put around resources with a TTL. */
export function wrapped(typeUrl: string, name: string, value: Uint8Array): { typeUrl: string; value: Uint8Array } {
  const resource = create(ResourceSchema, { name, resource: { typeUrl, value } });
  return {
    typeUrl: "type.googleapis.com/envoy.service.discovery.v3.Resource",
    value: toBinary(ResourceSchema, resource),
  };
}
