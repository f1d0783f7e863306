import { createHash } from "node:crypto";
import { nearest, pointerTo } from "@fairlead/envoy-api";
import { breather } from "../../resources/breather.ts";
import type { ParsedResource, ParseResource } from "../../resources/parse.ts";
import type { Entry, Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import type { Position } from "../../validation/position.ts";
import type { FoundFile } from "./scan.ts";
import type { YamlDocument } from "./yaml-text.ts";
import type { YamlReader } from "./yaml-thread.ts";

/** What a resource file says. */
export interface FileContent {
  /** Digest of its bytes. */
  readonly digest: string;
  readonly entries: readonly Entry[];
  /** Why it can't be taken up; empty if it can. */
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Whether its text breaks off or is no YAML or JSON at all, as it is while it is being written. */
  readonly looksHalfWritten: boolean;
  /** What was read from each resource's JSON, by its digest: what did not change is not read again. */
  readonly parsed: ReadonlyMap<string, ParsedResource>;
}

/** Fields of Envoy's `DiscoveryResponse`. All but `resources` are without meaning here: versions are digests. */
const KNOWN_FIELDS = [
  "resources",
  "version_info",
  "versionInfo",
  "type_url",
  "typeUrl",
  "nonce",
  "canary",
  "control_plane",
  "controlPlane",
];

const SHAPE = "expected `resources:` with a list of resources, each with `@type`";

/** Faults of one file whose places are sought. */
const MAX_LOCATED_FAULTS = 100;

/**
 * Reads a resource file: YAML (one or several documents) or JSON, each document `resources:` with a list, as Envoy's
 * file subscriptions have it, or a single resource. Gives way to the event loop between resources.
 */
export async function parseFile(
  { file, group }: Pick<FoundFile, "file" | "group">,
  text: string,
  options: ParseFileOptions,
): Promise<FileContent> {
  const { owner, parse, yaml, previous } = options;
  const source = /\.json$/i.test(file) ? readJson(text) : await readYamlFile(text, yaml);
  const faults: Fault[] = [...source.faults];
  const entries: Entry[] = [];
  const parsed = new Map<string, ParsedResource>();
  const pause = breather();

  for (const document of source.faults.length > 0 ? [] : source.documents) {
    const { line } = document.start; // tells the documents of a file apart when places are sought
    const { resources, faults: misshapen } = resourcesIn(document);
    faults.push(...misshapen.map((fault) => ({ ...fault, ...(line && { line }) })));
    for (const { json, pointer, start } of resources) {
      const key = digestOf(JSON.stringify(json) ?? "");
      const result = parsed.get(key) ?? previous?.parsed.get(key) ?? parse(json);
      parsed.set(key, result);
      for (const fault of result.faults) {
        faults.push({ ...fault, pointer: pointer + fault.pointer, ...(line && { line }) });
      }
      if (result.resource) {
        const place = { file, pointer: pointer + result.inner, line: start.line, column: start.column };
        entries.push({ resource: result.resource, owner, place });
      }
      await pause();
    }
  }

  const located = await locateFaults(
    faults.map((fault) => ({ ...fault, file, group })),
    text,
    yaml,
  );
  const errors = located.filter((fault) => fault.severity === "error");
  const warnings = located.filter((fault) => fault.severity === "warning");
  return { digest: digestOf(text), entries, errors, warnings, looksHalfWritten: source.looksHalfWritten, parsed };
}

/** Settings of {@link parseFile}. */
export interface ParseFileOptions {
  readonly owner: Owner;
  readonly parse: ParseResource;
  readonly yaml: YamlReader;
  /** What the file said before. */
  readonly previous?: FileContent | undefined;
}

/**
 * Gives faults the line and column that their pointers lead to in a text, and its spelling of the pointers. A fault that
 * has a column has its place already; one with a line only lies in the document that begins there or before.
 */
export async function locateFaults(faults: readonly Fault[], text: string, yaml: YamlReader): Promise<Fault[]> {
  const vague = faults.filter((fault) => fault.column === undefined).slice(0, MAX_LOCATED_FAULTS);
  const located = await yaml.locate(text, vague);
  const placeOf = new Map(vague.map((fault, index) => [fault, located[index]!]));
  return faults.map((fault) => ({ ...fault, ...placeOf.get(fault) }));
}

/** SHA-256 of a text. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

interface ReadText {
  readonly documents: readonly YamlDocument[];
  readonly faults: readonly Fault[];
  readonly looksHalfWritten: boolean;
}

/** Native and fast, without places: those are sought when there is something to say of them. */
function readJson(text: string): ReadText {
  try {
    const value: unknown = JSON.parse(text);
    return { documents: [{ value, start: {}, resourceStarts: [] }], faults: [], looksHalfWritten: false };
  } catch (error) {
    const message = text.trim() === "" ? "the file is empty" : (error as Error).message;
    const at = /line (\d+) column (\d+)/.exec(message);
    const position = at ? { line: Number(at[1]), column: Number(at[2]) } : endOf(text);
    const fault: Fault = { severity: "error", rule: "json.syntax", message, pointer: "", ...position };
    return { documents: [], faults: [fault], looksHalfWritten: true };
  }
}

/** Where a text breaks off: what V8 gives no place for is missing there. */
function endOf(text: string): Position {
  const lines = text.split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

async function readYamlFile(text: string, yaml: YamlReader): Promise<ReadText> {
  const read = await yaml.read(text);
  return { ...read, looksHalfWritten: read.faults.length > 0 || !/\n\s*$/.test(text) };
}

interface ResourcesIn {
  readonly resources: readonly { readonly json: unknown; readonly pointer: string; readonly start: Position }[];
  readonly faults: readonly Fault[];
}

function resourcesIn({ value, start, resourceStarts }: YamlDocument): ResourcesIn {
  if (value === null || value === undefined) return { resources: [], faults: [] }; // `---` with nothing behind it
  if (typeof value !== "object" || Array.isArray(value)) return { resources: [], faults: [misshapen("", SHAPE)] };
  if ("@type" in value) return { resources: [{ json: value, pointer: "", start }], faults: [] };
  const faults = Object.keys(value)
    .filter((key) => !KNOWN_FIELDS.includes(key))
    .map((key) => misshapen(pointerTo("", key), `unknown field ${key}; ${hint(key)}`));
  const { resources = null } = value as { readonly resources?: unknown };
  if (resources === null) return { resources: [], faults };
  if (!Array.isArray(resources))
    return { resources: [], faults: [...faults, misshapen("/resources", "expected a list")] };
  const items = resources.map((json, index) => {
    return { json, pointer: `/resources/${index}`, start: resourceStarts[index] ?? {} };
  });
  return { resources: items, faults };
}

function misshapen(pointer: string, message: string): Fault {
  return { severity: "error", rule: "file.shape", message, pointer };
}

function hint(key: string): string {
  const near = nearest(key, ["@type", ...KNOWN_FIELDS]);
  return near ? `did you mean ${near}?` : SHAPE;
}
