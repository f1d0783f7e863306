import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

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

/**
 * Tells what can reach a type that `isTarget` accepts. Looks, at a type's first use, at what lies below it and no further:
 * what no message at hand can hold is not even made.
 */
export function reachOf(isTarget: (desc: DescMessage) => boolean): Reach {
  const known = new WeakMap<DescMessage, boolean>();
  const branches = new WeakMap<DescMessage, readonly Branch[]>();
  const reaches = (desc: DescMessage): boolean => {
    if (!known.has(desc)) settleBelow(desc, isTarget, known);
    return known.get(desc)!;
  };
  return {
    branchesOf(desc) {
      const found = branches.get(desc) ?? desc.fields.flatMap(branchOf).filter(({ message }) => reaches(message));
      branches.set(desc, found);
      return found;
    },
  };
}

/** Settles for a type, and for all that lie below it, whether each reaches a target. */
function settleBelow(
  root: DescMessage,
  isTarget: (desc: DescMessage) => boolean,
  known: WeakMap<DescMessage, boolean>,
): void {
  const holders = new Map<DescMessage, DescMessage[]>([[root, []]]);
  const reaching: DescMessage[] = [];
  for (const [desc] of holders) {
    const below = desc.fields.flatMap(branchOf).map(({ message }) => message);
    const isOfInterest = desc.typeName === "google.protobuf.Any" || isTarget(desc);
    if (isOfInterest || below.some((message) => known.get(message))) reaching.push(desc);
    for (const message of below) {
      if (known.has(message)) continue;
      const found = holders.get(message);
      if (found) found.push(desc);
      else holders.set(message, [desc]); // visited in its turn
    }
  }
  for (const desc of holders.keys()) known.set(desc, false);
  for (const desc of reaching) {
    if (known.get(desc)) continue;
    known.set(desc, true);
    reaching.push(...holders.get(desc)!);
  }
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
