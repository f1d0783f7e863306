import { pointerTo } from "../json/pointer.ts";

/** Where a walk is, without the cost of writing it down: a pointer is made only of what is reported. */
export type Path = string | { readonly above: Path; readonly segment: string | number };

/** One step further down. */
export function below(above: Path, segment: string | number): Path {
  return { above, segment };
}

/** The JSON pointer of a path; a path begins with the pointer of its root. */
export function pointerOf(path: Path): string {
  return typeof path === "string" ? path : pointerTo(pointerOf(path.above), path.segment);
}
