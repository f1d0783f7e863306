import { isWritten } from "../history/changes-towards.ts";
import type { StateDifference } from "../history/compare-states.ts";
import { DERIVED_OWNER } from "../store/store.ts";
import { API_OWNER } from "./api-resources.ts";
import type { RollbackResult } from "./schemas/history.ts";

/** Names told of one owner. */
const MAX_NAMES = 20;

const HINTS: Readonly<Record<string, string>> = {
  file: "change the files of the served directory",
  node: "programs of the served directory make it for each node: change those",
  [DERIVED_OWNER]: "it follows the instances that are registered now",
  [API_OWNER]:
    "a version of your own names one content, and the type's content is not what it named: give another by a write",
};

/** What a return to a former state left alone, by who defines it, with what to do about it. */
export function whatWasLeft(left: readonly StateDifference[]): RollbackResult["left"] {
  const told = left.filter((one) => one.of !== "document" || one.key.startsWith("instances/") || isWritten(one.key));
  return [...Map.groupBy(told, ownerOf)].map(([owner, list]) => ({
    owner,
    count: list.length,
    names: list.slice(0, MAX_NAMES).map(nameOf),
    hint: HINTS[owner] ?? `it comes from the source ${owner}: change it there`,
  }));
}

function ownerOf(difference: StateDifference): string {
  if (difference.of === "version") return API_OWNER;
  if (difference.of === "document") return DERIVED_OWNER;
  return (difference.after ?? difference.before)!.owner;
}

function nameOf(difference: StateDifference): RollbackResult["left"][number]["names"][number] {
  if (difference.of === "document") return { kind: difference.kind, key: difference.key };
  const { kind, group, typeUrl } = difference;
  return { kind, group, typeUrl, ...(difference.of === "resource" && { name: difference.name }) };
}
