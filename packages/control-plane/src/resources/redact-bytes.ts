import { type DescMessage, ScalarType, toBinary } from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Any } from "@bufbuild/protobuf/wkt";
import { decode, EnvoyApiError, type Schema } from "@fairlead/envoy-api";
import { type IsSensitive, REDACTED, sensitiveIn } from "./sensitive.ts";

const REDACTED_BYTES = Buffer.from(REDACTED);

/**
 * A resource's bytes without its secrets: what Envoy's API marks as sensitive is replaced, inside `Any` too. What the schema
 * does not know may be a secret, and is left out. `undefined`: nothing of it is known, or it cannot be read.
 */
export function redactBytes(schema: Schema, typeUrl: string, bytes: Uint8Array): Uint8Array | undefined {
  const isSensitive = sensitiveIn(schema);
  return isSensitive && redactAs({ schema, isSensitive }, typeUrl, bytes);
}

interface Redaction {
  readonly schema: Schema;
  readonly isSensitive: IsSensitive;
}

function redactAs(redaction: Redaction, typeUrl: string, bytes: Uint8Array): Uint8Array | undefined {
  const desc = redaction.schema.messageOf(typeUrl);
  // Fields of a type in the clothes of a struct: what of it is secret is not seen.
  if (!desc || desc.name === "TypedStruct") return undefined;
  try {
    const message = reflect(desc, decode(desc, bytes)); // made for this, and changed in place
    redactMessage(redaction, message, false);
    return toBinary(desc, message.message, { writeUnknownFields: false });
  } catch (error) {
    if (error instanceof EnvoyApiError) return undefined;
    throw error;
  }
}

/** @param isSecret it lies within a sensitive field: all strings and bytes of it are secrets */
function redactMessage(redaction: Redaction, message: ReflectMessage, isSecret: boolean): void {
  if (message.desc.typeName === "google.protobuf.Any") {
    redactAny(redaction, message.message as Any, isSecret);
    return;
  }
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const within = isSecret || redaction.isSensitive(field);
    if (field.fieldKind === "message") {
      // `Struct` is no message here but an object, and so cannot be gone into: it goes whole.
      if (!isPlain(field.message)) redactMessage(redaction, message.get(field) as ReflectMessage, within);
      else if (within) message.clear(field);
    } else if (field.fieldKind === "scalar") {
      const secret = within ? secretOf(field.scalar) : undefined;
      if (secret !== undefined) message.set(field, secret);
    } else if (field.fieldKind === "list") redactList(redaction, message.get(field) as ReflectList, within);
    else if (field.fieldKind === "map") redactMap(redaction, message.get(field) as ReflectMap, within);
  }
}

function redactAny(redaction: Redaction, any: Any, isSecret: boolean): void {
  any.value = (isSecret ? undefined : redactAs(redaction, any.typeUrl, any.value)) ?? new Uint8Array();
}

function redactList(redaction: Redaction, list: ReflectList, isSecret: boolean): void {
  const field = list.field();
  if (field.listKind === "message") {
    if (!isPlain(field.message)) for (const item of list) redactMessage(redaction, item as ReflectMessage, isSecret);
    else if (isSecret) list.clear();
  } else if (field.listKind === "scalar" && isSecret) {
    const secret = secretOf(field.scalar);
    if (secret !== undefined) for (let index = 0; index < list.size; index++) list.set(index, secret);
  }
}

function redactMap(redaction: Redaction, map: ReflectMap, isSecret: boolean): void {
  const field = map.field();
  if (field.mapKind === "message") {
    if (!isPlain(field.message)) for (const [, item] of map) redactMessage(redaction, item as ReflectMessage, isSecret);
    else if (isSecret) map.clear();
  } else if (field.mapKind === "scalar" && isSecret) {
    const secret = secretOf(field.scalar);
    if (secret !== undefined) for (const [key] of map) map.set(key, secret);
  }
}

function secretOf(scalar: ScalarType): string | Uint8Array | undefined {
  if (scalar === ScalarType.STRING) return REDACTED;
  return scalar === ScalarType.BYTES ? REDACTED_BYTES : undefined;
}

function isPlain({ typeName }: DescMessage): boolean {
  return typeName === "google.protobuf.Struct";
}
