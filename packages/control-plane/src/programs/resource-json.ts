import { type Message, toJson } from "@bufbuild/protobuf";
import type { Schema } from "@fairlead/envoy-api";
import { typeUrlOf } from "@fairlead/envoy-api";
import { unpackValue } from "./messages.ts";

/** A program's value as the JSON of a resource: messages become ProtoJSON, whatever else comes back as it is. */
export function resourceJson(schema: Schema, packed: unknown): unknown {
  if (typeof packed !== "object" || packed === null || !("$typeName" in packed)) return packed;
  const { $typeName } = packed as { readonly $typeName: string };
  const typeUrl = typeUrlOf($typeName);
  const desc = schema.messageOf(typeUrl);
  if (desc === undefined) return { "@type": typeUrl }; // which is told as an unknown type
  return {
    "@type": typeUrl,
    ...(toJson(desc, unpackValue(packed) as Message, { registry: schema.registry }) as object),
  };
}
