import { isIP } from "node:net";
import type { Json } from "../store/store.ts";
import type { InstanceKey, Locality, Registration } from "./instance.ts";
import type { RegistryLimits } from "./limits.ts";

/** Characters of a service's or an instance's name. */
const MAX_NAME_LENGTH = 253;

/**
 * How deep metadata may be nested. In protobuf each level becomes two or three messages within each other, and Envoy refuses
 * more than 100: an assignment with all its instances, for one of them.
 */
const MAX_METADATA_DEPTH = 16;

const SERVICE_NAME = /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const INSTANCE_ID = /^[A-Za-z0-9_][A-Za-z0-9._:@~+-]*$/;
const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
const STATUSES: readonly string[] = ["UP", "DRAINING", "DOWN"];
const LOCALITY_PARTS = ["region", "zone", "subZone"] as const;

/** What is wrong with a message about an instance, and what mends it; `undefined`: nothing. */
export function keyFault(key: InstanceKey): string | undefined {
  return serviceNameFault(key.service) ?? instanceIdFault(key.id) ?? countersFault(key);
}

/** What is wrong with a name as that of a service; `undefined`: nothing. */
export function serviceNameFault(name: unknown): string | undefined {
  if (typeof name === "string" && name.length <= MAX_NAME_LENGTH && SERVICE_NAME.test(name)) return undefined;
  return `service ${show(name)}: a service's name has 1 to ${MAX_NAME_LENGTH} letters, digits, and "-", "_", "." in between`;
}

/** What is wrong with a name as that of an instance; `undefined`: nothing. */
export function instanceIdFault(id: unknown): string | undefined {
  if (typeof id === "string" && id.length <= MAX_NAME_LENGTH && INSTANCE_ID.test(id)) return undefined;
  return `id ${show(id)}: an instance's id has 1 to ${MAX_NAME_LENGTH} characters, letters, digits and ". _ - : @ ~ +", the first a letter, a digit or "_"`;
}

/** What is wrong with a registration, and what mends it; `undefined`: nothing. */
export function registrationFault(registration: Registration, limits: RegistryLimits): string | undefined {
  const { address, port, weight, status, ttlMs } = registration;
  return (
    keyFault(registration) ??
    addressFault(address) ??
    wholeFault("port", port, 1, 65_535) ??
    hostnameFault(registration.hostname) ??
    (weight === 0 ? undefined : wholeFault("weight", weight, 1, 128)) ??
    localityFault(registration.locality) ??
    metadataFault(registration.metadata, limits.maxMetadataBytes) ??
    (STATUSES.includes(status) ? undefined : `status ${show(status)}: it must be one of ${STATUSES.join(", ")}`) ??
    (ttlMs === 0 ? undefined : ttlFault(ttlMs, limits))
  );
}

function countersFault({ incarnation, sequence }: InstanceKey): string | undefined {
  const most = Number.MAX_SAFE_INTEGER;
  return wholeFault("incarnation", incarnation, 0, most) ?? wholeFault("sequence", sequence, 0, most);
}

function addressFault(address: unknown): string | undefined {
  if (typeof address === "string" && address.length <= MAX_NAME_LENGTH) {
    if (isIP(address) !== 0 && !address.includes("%")) return undefined;
    const labels = address.split(".").filter((label) => label !== "");
    const endsInNumber = /^\d+$/.test(labels.at(-1) ?? ""); // a slip in an IPv4 address, and no host's name
    if (!endsInNumber && HOST_NAME.test(address)) return undefined;
  }
  return `address ${show(address)}: it must be an IPv4 or IPv6 address, without port, brackets and zone, or a host name`;
}

function hostnameFault(hostname: unknown): string | undefined {
  if (hostname === undefined || hostname === "") return undefined;
  if (typeof hostname === "string" && hostname.length <= MAX_NAME_LENGTH && HOST_NAME.test(hostname)) return undefined;
  return `hostname ${show(hostname)}: it must be a host name of ${MAX_NAME_LENGTH} characters at most, or empty`;
}

function localityFault(locality: Locality): string | undefined {
  for (const part of LOCALITY_PARTS) {
    const value = locality?.[part];
    if (typeof value !== "string" || value.length > MAX_NAME_LENGTH) {
      return `locality.${part} ${show(value)}: it must be text of ${MAX_NAME_LENGTH} characters at most, empty if there is none`;
    }
  }
  return undefined;
}

function metadataFault(metadata: { readonly [key: string]: Json }, maxBytes: number): string | undefined {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    return `metadata ${show(metadata)}: it must be an object`;
  }
  if (isEmpty(metadata)) return undefined;
  const fault = jsonFault(metadata, MAX_METADATA_DEPTH);
  if (fault !== undefined) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes <= maxBytes) return undefined;
  return `metadata has ${bytes} bytes as JSON: send ${maxBytes} at most, or raise registry.maxMetadataBytes`;
}

/** What keeps a value from being told in protobuf, and equal after it was stored. */
function jsonFault(value: Json, depth: number): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return "metadata has a number that is too large: send it as text";
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return `metadata is nested more than ${MAX_METADATA_DEPTH} deep: make it flatter`;
  for (const child of Object.values(value)) {
    const fault = jsonFault(child, depth - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

function ttlFault(ttlMs: number, { minTtlMs, maxTtlMs }: RegistryLimits): string | undefined {
  const fault = wholeFault("ttlMs", ttlMs, minTtlMs, maxTtlMs);
  return fault && `${fault} (registry.minTtlMs, registry.maxTtlMs), or 0 for the default`;
}

function wholeFault(field: string, value: unknown, min: number, max: number): string | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return undefined;
  return `${field} ${show(value)}: it must be a whole number from ${min} to ${max}`;
}

/** Characters of a wrong value that are repeated. */
const MAX_SHOWN = 60;

function show(value: unknown): string {
  if (value === undefined) return "is missing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
