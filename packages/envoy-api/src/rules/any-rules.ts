import type { Any } from "@bufbuild/protobuf/wkt";
import { type RuleTable, STEERS } from "./rule-set.ts";

/** Rules of `google.protobuf.Any`; `required` is looked at where presence is. */
export const ANY_RULES: RuleTable = {
  required: STEERS,
  in: (list: readonly string[]) => (value) =>
    list.includes((value as Any).typeUrl) ? undefined : `must hold one of ${list.join(", ")}`,
  not_in: (list: readonly string[]) => (value) =>
    list.includes((value as Any).typeUrl) ? `must hold none of ${list.join(", ")}` : undefined,
};
