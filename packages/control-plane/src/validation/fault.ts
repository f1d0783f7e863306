import type { Place } from "../store/store.ts";

/** How bad a fault is: an `error` refuses the change, a `warning` is told and the change made. */
export type Severity = "error" | "warning";

/** One thing wrong with what somebody configured: where, by which rule, and what was expected instead. */
export interface Fault {
  readonly severity: Severity;
  /** The rule broken, stable for programs: `json.syntax`, `float.gte`, `reference.cluster`, `name.duplicate`, … */
  readonly rule: string;
  /** What was found and what was expected, for people. */
  readonly message: string;
  /** JSON pointer (RFC 6901) into the file or the request body; `""` is the whole. */
  readonly pointer: string;
  /** The file, as a path relative to the directory it was found in; absent for what came over the API. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** The group concerned, where there is one. */
  readonly group?: string;
  /** Type URL of the resource concerned, where it is known. */
  readonly typeUrl?: string;
  /** Name of the resource concerned, where it is known. */
  readonly name?: string;
}

/** `edge/a.yaml:3:5: /resources/0/name: message (rule)`, with what of it is known. */
export function formatFault(fault: Fault): string {
  const position = [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(":");
  const where = [position, fault.pointer].filter((part) => part !== "").join(": ");
  return `${where}${where ? ": " : ""}${fault.message} (${fault.rule})`;
}

/** The fields of a fault that say where: a place, and a pointer from there. */
export function whereOf(place: Place, pointer = ""): Pick<Fault, "pointer" | "file" | "line" | "column"> {
  return {
    pointer: place.pointer + pointer,
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
  };
}
