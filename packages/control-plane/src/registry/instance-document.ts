import { isDeepStrictEqual } from "node:util";
import type { Json } from "../store/store.ts";
import type { Instance, Locality, Registration } from "./instance.ts";

/** The service and id in a document's key; `undefined`: it is of something else. */
export function instanceOfKey(key: string): { readonly service: string; readonly id: string } | undefined {
  const parts = key.split("/");
  const [kind, service, id] = parts;
  return kind === "instances" && parts.length === 3 && service && id ? { service, id } : undefined;
}

/** The instance in a document that this or another replica wrote; `undefined`: that is not one. */
export function readInstance(value: Json): Instance | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = value as unknown as Partial<Instance>;
  const isWhole =
    typeof fields.service === "string" &&
    typeof fields.id === "string" &&
    typeof fields.incarnation === "number" &&
    typeof fields.sequence === "number" &&
    typeof fields.ttlMs === "number" &&
    typeof fields.isHealthy === "boolean" &&
    typeof fields.owner === "string";
  return isWhole ? (fields as Instance) : undefined;
}

/** What is written of an instance: always the same fields in the same order, so that equal ones are equal text. */
export function instanceDocument(of: Registration, isHealthy: boolean, owner: string, moves: number): Json {
  const { region, zone, subZone } = of.locality;
  return {
    service: of.service,
    id: of.id,
    incarnation: of.incarnation,
    sequence: of.sequence,
    address: of.address,
    port: of.port,
    ...(of.hostname && { hostname: of.hostname }),
    weight: of.weight,
    locality: { region, zone, subZone },
    metadata: of.metadata,
    status: of.status,
    ttlMs: of.ttlMs,
    isHealthy,
    owner,
    ...(moves > 0 && { moves }),
  };
}

/** Whether two registrations say the same, whichever messages they are. */
export function saysTheSame(a: Registration, b: Registration): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    (a.hostname ?? "") === (b.hostname ?? "") &&
    a.weight === b.weight &&
    a.status === b.status &&
    a.ttlMs === b.ttlMs &&
    isSameLocality(a.locality, b.locality) &&
    isDeepStrictEqual(a.metadata, b.metadata)
  );
}

function isSameLocality(a: Locality, b: Locality): boolean {
  return a.region === b.region && a.zone === b.zone && a.subZone === b.subZone;
}
