import { type Message, ScalarType } from "@bufbuild/protobuf";
import type { Schema } from "./schema.ts";
import { fieldValue } from "./walk/local-message.ts";

/** Fields that can hold a resource's name, the first one that the type has counts. */
const NAME_FIELDS = ["name", "cluster_name"] as const;

/**
 * The name under which xDS clients ask for a resource; `""` where the message has none of its own (a `LbEndpoint`):
 * then its wrapper must name it. A virtual host's is only its second half, its wrapper says `<route config>/<host>`.
 */
export function resourceName(schema: Schema, typeUrl: string, message: Message): string {
  const fields = schema.messageOf(typeUrl)?.fields ?? [];
  for (const name of NAME_FIELDS) {
    const field = fields.find((it) => it.name === name);
    if (field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING)
      return fieldValue(message, field) as string;
  }
  return "";
}
