import type { RollbackResult } from "../admin/schemas/history.ts";
import { paint } from "./colours.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

/** Names told of what an owner defines. */
const MAX_NAMES = 5;

/** What a return to a former state left alone of one owner, and what to do about it. */
export function formatLeft({ owner, count, names, hint }: RollbackResult["left"][number]): string {
  const shown = names.slice(0, MAX_NAMES).map(({ kind, group, typeUrl, name, key }) => {
    const what = key ?? [group, typeUrl && shortType(typeUrl), name].filter(Boolean).join(" ");
    return `${what} ${kind}`;
  });
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  return `${paint("yellow", "left alone:")} of ${printable(owner)} (${hint}): ${printable(shown.join(", "))}${more}`;
}
