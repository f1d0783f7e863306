import { nearest, pointerTo } from "@fairlead/envoy-api";
import type { Fault } from "../../validation/fault.ts";
import type { Position } from "../../validation/position.ts";
import type { YamlDocument } from "./yaml-text.ts";
import type { YamlReader } from "./yaml-thread.ts";

/** The resources that a file holds, as JSON not yet looked at. */
export interface FileResources {
  readonly resources: readonly FoundResource[];
  /** What is wrong with the file's shape; places are to be sought with `locateFaults`. */
  readonly faults: readonly Fault[];
  /** Whether its text breaks off or is no YAML or JSON at all, as it is while it is being written. */
  readonly looksHalfWritten: boolean;
}

/** One resource of a file. */
export interface FoundResource {
  readonly json: unknown;
  /** From the document to the resource. */
  readonly pointer: string;
  /** Where it begins; unknown in JSON. */
  readonly start: Position;
  /** Where its document begins: tells the documents of a file apart when places are sought. Unknown in JSON. */
  readonly documentLine: number | undefined;
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

/**
 * Finds the resources in a file: YAML (one or several documents) or JSON (by the file's name), each document
 * `resources:` with a list, as Envoy's file subscriptions have it, or a single resource.
 */
export async function readResources(file: string, text: string, yaml: YamlReader): Promise<FileResources> {
  const source = /\.json$/i.test(file) ? readJson(text) : await readYamlFile(text, yaml);
  const { looksHalfWritten } = source;
  if (source.faults.length > 0) return { resources: [], faults: source.faults, looksHalfWritten };
  const read = source.documents.map((document) => {
    const { line } = document.start;
    const { resources, faults } = resourcesIn(document);
    return {
      resources: resources.map((resource) => ({ ...resource, documentLine: line })),
      faults: faults.map((fault) => ({ ...fault, ...(line !== undefined && { line }) })),
    };
  });
  return {
    resources: read.flatMap(({ resources }) => resources),
    faults: read.flatMap(({ faults }) => faults),
    looksHalfWritten,
  };
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
  readonly resources: readonly Omit<FoundResource, "documentLine">[];
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
