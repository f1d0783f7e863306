import type { AnyMessage } from "../wire/any.ts";
import { readDeltaDiscoveryResponse } from "../wire/delta-response.ts";
import { tagOf, WIRE, WireReader } from "../wire/reader.ts";
import type { NamedError } from "../wire/resource-error.ts";
import { RESOURCE_WRAPPER_TYPE_URL, readResourceWrapper, type WrappedResource } from "../wire/resource-wrapper.ts";
import { readDiscoveryResponse } from "../wire/sotw-response.ts";

/** A response of either protocol variant, as a client sees it. */
export interface XdsResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  /** `version_info` in SotW, `system_version_info` in delta. */
  readonly version: string;
  readonly resources: readonly ReceivedResource[];
  /** Names of resources that do not exist (any more); in SotW always empty. */
  readonly removed: readonly string[];
  /** Why names that were asked for have no resource (protocol.md O5); none of them is in {@link resources}. */
  readonly errors: readonly NamedError[];
  /** `control_plane.identifier`; empty if the server does not say. */
  readonly controlPlaneId: string;
  /** Bytes of the encoded response. */
  readonly bytes: number;
}

/** A resource in a response. */
export interface ReceivedResource {
  /** Of the message in `value`. */
  readonly typeUrl: string;
  readonly name: string;
  /** In delta the resource's own, in SotW the response's. */
  readonly version: string;
  readonly aliases: readonly string[];
  /** Time after which it is to be dropped unless refreshed, ms; `undefined`: never. */
  readonly ttlMs: number | undefined;
  /** The encoded message, sharing memory with the response; `undefined`: a heartbeat, which only renews the ttl. */
  readonly value: Uint8Array | undefined;
  /** Whether it came inside a `discovery.v3.Resource`: always in delta, in SotW where it must (protocol.md W7). */
  readonly isWrapped: boolean;
}

/** Reads a `DiscoveryResponse`; wrapped resources are unwrapped. @throws WireError */
export function receiveSotw(bytes: Uint8Array): XdsResponse {
  const { typeUrl, nonce, versionInfo, resources, errors, controlPlaneId } = readDiscoveryResponse(bytes);
  return {
    typeUrl,
    nonce,
    version: versionInfo,
    resources: resources.map((any) => receiveAny(any, typeUrl, versionInfo)),
    removed: [],
    errors,
    controlPlaneId,
    bytes: bytes.length,
  };
}

/** Reads a `DeltaDiscoveryResponse`. @throws WireError */
export function receiveDelta(bytes: Uint8Array): XdsResponse {
  const { typeUrl, nonce, systemVersionInfo, resources, removed, errors, controlPlaneId } =
    readDeltaDiscoveryResponse(bytes);
  return {
    typeUrl,
    nonce,
    version: systemVersionInfo,
    resources: resources.map((wrapped) => unwrap(wrapped, typeUrl, wrapped.version)),
    removed,
    errors,
    controlPlaneId,
    bytes: bytes.length,
  };
}

/**
 * What Envoy rejects in any response, whatever the type: a resource of another type, without a name, twice, or both
 * present and removed (protocol.md C7); `undefined` if there is no such fault.
 */
export function faultOf(response: XdsResponse): string | undefined {
  const seen = new Set<string>();
  for (const { typeUrl, name } of response.resources) {
    if (typeUrl !== response.typeUrl) return `a resource of type ${typeUrl} in a response of type ${response.typeUrl}`;
    if (name === "") return "a resource without a name";
    if (seen.has(name)) return `duplicate name ${name} found among added/updated resources`;
    seen.add(name);
  }
  for (const name of response.removed) {
    if (seen.has(name)) return `duplicate name ${name} found in the union of added+removed resources`;
    seen.add(name);
  }
  return undefined;
}

function receiveAny(any: AnyMessage, typeUrl: string, version: string): ReceivedResource {
  if (any.typeUrl === RESOURCE_WRAPPER_TYPE_URL) return unwrap(readResourceWrapper(any.value), typeUrl, version);
  const name = readResourceName(any.value);
  return { typeUrl: any.typeUrl, name, version, aliases: [], ttlMs: undefined, value: any.value, isWrapped: false };
}

function unwrap(wrapped: WrappedResource, typeUrl: string, version: string): ReceivedResource {
  const { resource, aliases, ttlMs } = wrapped;
  const name = wrapped.name || (resource ? readResourceName(resource.value) : "");
  return {
    typeUrl: resource?.typeUrl ?? typeUrl,
    name,
    version,
    aliases,
    ttlMs,
    value: resource?.value,
    isWrapped: true,
  };
}

const NAME = tagOf(1, WIRE.bytes);

/** The name inside a resource: field 1 in every type that SotW serves, so that no schema is needed; empty if there is none. */
function readResourceName(value: Uint8Array): string {
  const reader = new WireReader(value);
  let name = "";
  try {
    while (reader.hasMore) {
      const tag = reader.tag();
      if (tag === NAME) name = reader.string();
      else reader.skip(tag);
    }
    return name;
  } catch {
    return ""; // broken content is a matter of this resource, to be rejected, not of the stream
  }
}
