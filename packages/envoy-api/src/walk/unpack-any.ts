import type { DescMessage, JsonObject, Message } from "@bufbuild/protobuf";
import { fromJson } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { decode } from "../decode.ts";
import type { Schema } from "../schema.ts";

/** What an `Any` holds. */
export interface Unpacked {
  readonly desc: DescMessage;
  readonly message: Message;
  /** Where it lies below the `Any` in ProtoJSON: fields are inline, but a `TypedStruct`'s lie in its `value`. */
  readonly path: readonly string[];
}

/**
 * Decodes what an `Any` holds; `undefined` when the schema lacks its type. Not cached: `Any`s are decoded once each for
 * encoding, rules and references, at commit only.
 *
 * @throws EnvoyApiError `bytes_invalid`
 */
export function unpackAny(schema: Schema, any: Any): Unpacked | undefined {
  const desc = schema.messageOf(any.typeUrl);
  if (desc === undefined) return undefined;
  return { desc, message: decode(desc, any.value), path: [] };
}

/**
 * Like {@link unpackAny}, but a `TypedStruct` is read as the type that it stands for, as Envoy does. `undefined` also
 * when the struct does not fit that type.
 *
 * @throws EnvoyApiError `bytes_invalid`
 */
export function unpackTyped(schema: Schema, any: Any): Unpacked | undefined {
  const outer = unpackAny(schema, any);
  if (outer === undefined || !TYPED_STRUCTS.has(outer.desc.typeName)) return outer;
  const { typeUrl, value } = outer.message as Message & { typeUrl: string; value?: JsonObject };
  const desc = schema.messageOf(typeUrl);
  if (desc === undefined) return undefined;
  try {
    return { desc, message: fromJson(desc, value ?? {}, { registry: schema.registry }), path: ["value"] };
  } catch {
    return undefined;
  }
}

/** Messages that stand for another type: `type_url` says which, `value` is its JSON. */
export const TYPED_STRUCTS: ReadonlySet<string> = new Set(["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"]);

/** True for an `Any` that was never filled, as an unset one reads from the wire. */
export function isEmptyAny(any: Any): boolean {
  return any.typeUrl === "" && any.value.length === 0;
}
