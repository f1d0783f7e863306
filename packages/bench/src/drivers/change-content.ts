import type { Workload } from "../plan/plan.ts";
import { fillTemplate } from "../plan/template.ts";
import type { Change } from "../run/messages.ts";
import { markOf } from "../workload/mark.ts";
import { resourceJson } from "../workload/resource-json.ts";

/** Resources whose text is kept, about 3 KB each with 30 endpoints; those beyond are written anew each time. */
const MAX_KEPT = 8_192;

/** What a change makes of the workload, as text: put together from parts that were made once, so that the generator's side is cheap. */
export interface ChangeContent {
  /** Numbers of the resources that it touches. */
  indicesOf(change: Pick<Change, "resources">): readonly number[];
  nameOf(index: number): string;
  /** The resources as the change leaves them, each in ProtoJSON with `@type`, with commas between. */
  resourcesOf(change: Pick<Change, "sequence" | "resources">): string;
}

/** The texts of a workload's changes. */
export function changeContent(workload: Workload): ChangeContent {
  const all = Array.from({ length: workload.count }, (_, index) => index);
  const kept: (readonly string[] | undefined)[] = [];
  const zero = markOf(0);
  const partsOf = (index: number) => {
    const parts = kept[index] ?? splitAtMark(JSON.stringify(resourceJson(workload, index, 0)), zero);
    if (index < MAX_KEPT) kept[index] = parts;
    return parts;
  };
  const indicesOf = ({ resources }: Pick<Change, "resources">) => (resources === "all" ? all : resources);
  return {
    indicesOf,
    nameOf: (index) => fillTemplate(workload.nameTemplate, { i: index }),
    resourcesOf(change) {
      const mark = markOf(change.sequence);
      return indicesOf(change)
        .map((index) => partsOf(index).join(mark))
        .join(",");
    },
  };
}

/** At the mark of the first endpoint, which comes last in the text that holds it: a name may look like one. */
function splitAtMark(text: string, mark: string): readonly string[] {
  const at = text.lastIndexOf(`"${mark}"`) + 1;
  return [text.slice(0, at), text.slice(at + mark.length)];
}
