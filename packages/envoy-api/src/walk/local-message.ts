import type { DescField, Message } from "@bufbuild/protobuf";

/** A message as protobuf-es keeps it: a plain object, `oneof` groups as `{ case, value }`. */
export type LocalMessage = Message & { readonly [property: string]: unknown };

interface LocalOneof {
  readonly case: string | undefined;
  readonly value?: unknown;
}

/** A field's value as it lies in the message; `undefined` when absent or another member of its `oneof` is set. */
export function fieldValue(message: Message, field: DescField): unknown {
  const local = message as LocalMessage;
  if (field.oneof === undefined) return local[field.localName];
  const group = local[field.oneof.localName] as LocalOneof;
  return group.case === field.localName ? group.value : undefined;
}
