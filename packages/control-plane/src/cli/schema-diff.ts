import { diffSchemas, type Schema, type SchemaChange } from "@fairlead/envoy-api";
import { globMatcher } from "../groups/glob.ts";
import { openSchema } from "../types/open-schema.ts";
import { paint } from "./colours.ts";
import { printable } from "./table.ts";

/** Options of `fairlead schema diff`. */
export interface SchemaDiffOptions {
  readonly only?: readonly string[];
  readonly format: "text" | "json";
  readonly breaking?: boolean;
}

/** The built-in schema, where a file may stand. */
const DEFAULT = "default";

/** `fairlead schema diff`: what differs; with `--breaking` the exit code says whether anything breaks. */
export async function schemaDiff(before: string, after: string, options: SchemaDiffOptions): Promise<void> {
  const isWanted = globMatcher(options.only ?? "*");
  const all = diffSchemas(await open(before), await open(after)).filter(({ name }) => isWanted(name));
  const changes = options.breaking ? all.filter(({ isBreaking }) => isBreaking) : all;
  if (options.format === "json") process.stdout.write(`${JSON.stringify({ changes }, null, 2)}\n`);
  else process.stdout.write([...changes.map(lineOf), summaryOf(changes)].map((line) => `${line}\n`).join(""));
  if (options.breaking && changes.length > 0) process.exitCode = 1;
}

function open(file: string): Promise<Schema> {
  return openSchema("cannot compare", file === DEFAULT ? undefined : file);
}

const SIGNS = { added: ["+", "green"], removed: ["-", "red"], changed: ["~", "yellow"] } as const;

function lineOf(change: SchemaChange): string {
  const { kind, element, name, property, before, after, isBreaking } = change;
  const [sign, colour] = SIGNS[kind];
  const what = property === undefined ? (after ?? before) : `${property} ${before} → ${after}`;
  const detail = what === undefined ? "" : `: ${printable(what)}`;
  const note = isBreaking && kind === "changed" ? " (breaking)" : "";
  return `${paint(colour, sign)} ${element} ${printable(name)}${detail}${note}`;
}

function summaryOf(changes: readonly SchemaChange[]): string {
  if (changes.length === 0) return "no difference";
  const count = (kind: SchemaChange["kind"]) => `${changes.filter((change) => change.kind === kind).length} ${kind}`;
  const breaking = changes.filter(({ isBreaking }) => isBreaking).length;
  return `${count("added")}, ${count("removed")}, ${count("changed")}; ${breaking} of them breaking`;
}
