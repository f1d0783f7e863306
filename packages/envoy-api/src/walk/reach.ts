import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import type { Schema } from "../schema.ts";

/** A field that holds messages below which something of interest may lie. */
export interface Branch {
  readonly field: DescField;
  readonly kind: "message" | "list" | "map";
  readonly message: DescMessage;
}

/** Which messages can reach a message of interest, `Any` counting as reaching everything. */
export interface Reach {
  /** The fields worth following. Computed once per type. */
  branchesOf(desc: DescMessage): readonly Branch[];
}

/** Computes what can reach a type that `isTarget` accepts. Costs one pass over the schema. */
export function reachOf(schema: Schema, isTarget: (desc: DescMessage) => boolean): Reach {
  const reaching = closure(schema, isTarget);
  const branches = new Map<string, readonly Branch[]>();
  return {
    branchesOf(desc) {
      const known = branches.get(desc.typeName);
      if (known !== undefined) return known;
      const found = desc.fields.flatMap(branchOf).filter((it) => reaching.has(it.message.typeName));
      branches.set(desc.typeName, found);
      return found;
    },
  };
}

function closure(schema: Schema, isTarget: (desc: DescMessage) => boolean): ReadonlySet<string> {
  const holders = new Map<string, string[]>();
  const pending: string[] = [];
  for (const desc of schema.registry) {
    if (desc.kind !== "message") continue;
    if (desc.typeName === "google.protobuf.Any" || isTarget(desc)) pending.push(desc.typeName);
    for (const { message } of desc.fields.flatMap(branchOf)) {
      const list = holders.get(message.typeName);
      if (list === undefined) holders.set(message.typeName, [desc.typeName]);
      else list.push(desc.typeName);
    }
  }
  const reaching = new Set(pending);
  for (const name of pending) {
    for (const holder of holders.get(name) ?? []) {
      if (reaching.has(holder)) continue;
      reaching.add(holder);
      pending.push(holder);
    }
  }
  return reaching;
}

/** Message fields as branches; not where protobuf-es keeps a plain value instead (wrappers, `Struct`). */
function branchOf(field: DescField): readonly Branch[] {
  const { message } = field;
  if (message === undefined || isPlain(field, message)) return [];
  return [{ field, kind: field.fieldKind as Branch["kind"], message }];
}

function isPlain(field: DescField, message: DescMessage): boolean {
  if (message.typeName === "google.protobuf.Struct") return field.parent.typeName !== "google.protobuf.Value";
  return isWrapperDesc(message) && field.fieldKind === "message" && field.oneof === undefined;
}
