import { createHash } from "node:crypto";
import { breather } from "../../resources/breather.ts";
import type { ParsedResource, ParseResource } from "../../resources/parse.ts";
import type { Entry, Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { type FileResources, readResources } from "./read-resources.ts";
import type { FoundFile } from "./scan.ts";
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
  const source = await readResources(file, text, options.yaml);
  const read = await takeUp({ file, group }, source, options);
  const located = await locateFaults(read.faults, text, options.yaml);
  return contentOf({ ...read, digest: digestOf(text), looksHalfWritten: source.looksHalfWritten }, located);
}

/** What the resources of a file come to. */
interface TakenUp {
  readonly entries: readonly Entry[];
  /** Not located yet. */
  readonly faults: readonly Fault[];
  readonly parsed: ReadonlyMap<string, ParsedResource>;
}

/** Reads the resources of a file. Gives way to the event loop between them. */
export async function takeUp(
  { file, group }: Pick<FoundFile, "file" | "group">,
  read: Pick<FileResources, "resources" | "faults">,
  { owner, parse, previous }: Omit<ParseFileOptions, "yaml">,
): Promise<TakenUp> {
  const faults: Fault[] = [...read.faults];
  const entries: Entry[] = [];
  const parsed = new Map<string, ParsedResource>();
  const pause = breather();

  for (const { json, pointer, start, documentLine: line } of read.resources) {
    const key = digestOf(JSON.stringify(json) ?? "");
    const result = parsed.get(key) ?? previous?.parsed.get(key) ?? parse(json);
    parsed.set(key, result);
    for (const fault of result.faults) {
      faults.push({ ...fault, pointer: pointer + fault.pointer, ...(line !== undefined && { line }) });
    }
    if (result.resource) {
      const place = { file, pointer: pointer + result.inner, line: start.line, column: start.column };
      entries.push({ resource: result.resource, owner, place });
    }
    await pause();
  }

  return { entries, faults: faults.map((fault) => ({ ...fault, file: fault.file ?? file, group })), parsed };
}

/** A file's content, once its faults have their places. */
export function contentOf(
  { digest, entries, looksHalfWritten, parsed }: Omit<FileContent, "errors" | "warnings">,
  located: readonly Fault[],
): FileContent {
  const errors = located.filter((fault) => fault.severity === "error");
  const warnings = located.filter((fault) => fault.severity === "warning");
  return { digest, entries, errors, warnings, looksHalfWritten, parsed };
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
