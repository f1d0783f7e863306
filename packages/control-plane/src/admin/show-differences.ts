import type { Schema } from "@fairlead/envoy-api";
import { resourceJson } from "../resources/show.ts";
import { type Difference, firstDifferences } from "../store/compare.ts";
import type { Entry } from "../store/store.ts";
import type { WriteResult } from "./schemas/resources.ts";

/** The most differences in one answer. */
const MAX_SHOWN = 1_000;
/** Resources are shown in full until this many bytes of them, in their binary form. */
const MAX_BYTES = 4 * 1_048_576;

/** Differences as the admin API shows them, without secrets. */
export function showDifferences(schema: Schema, differences: readonly Difference[]): NonNullable<WriteResult["diff"]> {
  let bytes = 0;
  const show = ({ resource }: Entry) => resourceJson(schema, resource);
  return firstDifferences(differences, MAX_SHOWN).map(({ kind, typeUrl, name, before, after }) => {
    bytes += (before?.resource.value.length ?? 0) + (after?.resource.value.length ?? 0);
    const isShown = bytes <= MAX_BYTES;
    return {
      ...{ kind, typeUrl, name },
      ...(before && isShown && { before: show(before) }),
      ...(after && isShown && { after: show(after) }),
    };
  });
}
