import { isIP } from "node:net";
import { create, type JsonObject } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { encodeDeterministic, type Schema } from "@fairlead/envoy-api";
import { HealthStatus } from "@fairlead/envoy-api/envoy/config/core/v3/health_check_pb";
import { LbEndpointSchema } from "@fairlead/envoy-api/envoy/config/endpoint/v3/endpoint_components_pb";
import type { Json } from "../../store/store.ts";
import type { Instance, Locality } from "../instance.ts";
import { isJsonObject } from "./merge-patch.ts";

/** What an instance is to those that balance load. */
export interface Endpoint {
  readonly id: string;
  /** Equal for instances at one address and port, of which one is told: gRPC refuses an assignment that has an address twice. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** Empty: none. */
  readonly hostname: string;
  /** Whether the address is a host name, which EDS does not take. */
  readonly isHostName: boolean;
  readonly locality: Locality;
  readonly localityKey: string;
  readonly weight: number;
  readonly health: "HEALTHY" | "DRAINING" | "UNHEALTHY";
  readonly metadata: { readonly [key: string]: Json };
  readonly incarnation: number;
}

/** An `LbEndpoint` in deterministic encoding, as the field `lb_endpoints` of its locality. */
export type EncodeEndpoint = (endpoint: Endpoint) => Uint8Array;

/** Reads a stored instance; what is no instance, since another version wrote it, is `undefined`. */
export function readEndpoint(value: Json | undefined): Endpoint | undefined {
  if (!isJsonObject(value)) return undefined;
  const instance = value as unknown as Partial<Instance>;
  const { id, address, port, hostname = "", weight = 1, locality, metadata = {}, incarnation = 0 } = instance;
  if (typeof id !== "string" || typeof address !== "string" || typeof port !== "number") return undefined;
  const { region = "", zone = "", subZone = "" } = locality ?? {};
  return {
    id,
    key: `${address} ${port}`,
    address,
    port,
    hostname,
    isHostName: isIP(address) === 0,
    locality: { region, zone, subZone },
    localityKey: `${region}\n${zone}\n${subZone}`,
    weight,
    health: healthOf(instance),
    metadata,
    incarnation,
  };
}

/** What an instance says of itself counts first: one that drains or is down stays so when its heartbeats cease. */
function healthOf({ status = "UP", isHealthy = true }: Partial<Instance>): Endpoint["health"] {
  if (status === "DOWN" || !isHealthy) return "UNHEALTHY";
  return status === "DRAINING" ? "DRAINING" : "HEALTHY";
}

/** Encodes endpoints, with metadata by a schema. Field by field: a message that is made and then encoded costs several times as much. */
export function endpointEncoder(schema: Schema): EncodeEndpoint {
  return (endpoint) => encode(schema, endpoint);
}

function encode(schema: Schema, endpoint: Endpoint): Uint8Array {
  const { address, port, hostname, weight, health, metadata } = endpoint;
  const writer = new BinaryWriter();
  const open = (field: number) => writer.tag(field, WireType.LengthDelimited).fork();
  open(2); // LbEndpoint
  open(1); // Endpoint
  open(1); // Address
  open(1).tag(2, WireType.LengthDelimited).string(address).tag(3, WireType.Varint).uint32(port); // SocketAddress
  writer.join().join();
  if (hostname !== "") writer.tag(3, WireType.LengthDelimited).string(hostname);
  writer.join().tag(2, WireType.Varint).int32(HealthStatus[health]);
  if (Object.keys(metadata).length > 0) writer.raw(encodeMetadata(schema, metadata));
  if (weight !== 1) open(4).tag(1, WireType.Varint).uint32(weight).join(); // UInt32Value
  return writer.join().finish();
}

/** As the field `metadata` of an `LbEndpoint`. */
function encodeMetadata(schema: Schema, metadata: Endpoint["metadata"]): Uint8Array {
  const message = create(LbEndpointSchema, {
    metadata: { filterMetadata: { "envoy.lb": metadata as JsonObject } },
  });
  return encodeDeterministic(schema, LbEndpointSchema, message);
}

/** An endpoint as JSON of Envoy's API. */
export function endpointJson({ address, port, hostname, weight, health, metadata }: Endpoint): Json {
  return {
    endpoint: {
      address: { socket_address: { address, port_value: port } },
      ...(hostname !== "" && { hostname }),
    },
    health_status: health,
    load_balancing_weight: weight,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: { filter_metadata: { "envoy.lb": metadata } } }),
  };
}

/** Of endpoints at one address, the one that is told: that which takes requests, of the newest life. */
export function byPreference(a: Endpoint, b: Endpoint): number {
  const [left, right] = [RANK[a.health], RANK[b.health]];
  return left - right || b.incarnation - a.incarnation || (a.id < b.id ? -1 : 1);
}

const RANK = { HEALTHY: 0, DRAINING: 1, UNHEALTHY: 2 } as const;
