import { createHash } from "node:crypto";
import { nearest, pointerTo } from "@fairlead/envoy-api";
import { type Document, LineCounter, parseAllDocuments } from "yaml";
import { breather } from "../../resources/breather.ts";
import type { ParsedResource, ParseResource } from "../../resources/parse.ts";
import type { Entry, Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { type Position, positionAt } from "../../validation/position.ts";
import type { FoundFile } from "./scan.ts";

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

/** Fields of Envoy's `DiscoveryResponse` that a file may have, without meaning here: versions are digests. */
const IGNORED_FIELDS = [
  "version_info",
  "versionInfo",
  "type_url",
  "typeUrl",
  "nonce",
  "canary",
  "control_plane",
  "controlPlane",
];

/**
 * Reads a resource file: YAML (one or several documents) or JSON, each document `resources:` with a list, as Envoy's
 * file subscriptions have it, or a single resource. Gives way to the event loop between resources.
 */
export async function parseFile(
  found: Pick<FoundFile, "file" | "group">,
  text: string,
  options: { readonly owner: Owner; readonly parse: ParseResource; readonly previous?: FileContent | undefined },
): Promise<FileContent> {
  const digest = digestOf(text);
  const source = readText(found.file, text);
  const findings: Finding[] = [...source.findings];
  const entries: Entry[] = [];
  const parsed = new Map<string, ParsedResource>();
  const pause = breather();

  for (const located of source.findings.length > 0 ? [] : source.documents.flatMap(resourcesIn)) {
    if ("finding" in located) {
      findings.push(located.finding);
      continue;
    }
    const { json, document, pointer } = located;
    const key = digestOf(JSON.stringify(json) ?? "");
    const result = parsed.get(key) ?? options.previous?.parsed.get(key) ?? options.parse(json);
    parsed.set(key, result);
    for (const fault of result.faults)
      findings.push({ document, fault: { ...fault, pointer: pointer + fault.pointer } });
    if (result.resource) {
      const { line, column } = document.entryPosition(pointer);
      const place = { file: found.file, pointer: pointer + result.inner, line, column };
      entries.push({ resource: result.resource, owner: options.owner, place });
    }
    await pause();
  }

  const faults = findings.map(({ document, fault }) => ({
    ...fault,
    file: found.file,
    group: found.group,
    ...(fault.line === undefined ? document?.position(fault.pointer) : {}),
  }));
  const errors = faults.filter((fault) => fault.severity === "error");
  const warnings = faults.filter((fault) => fault.severity === "warning");
  return { digest, entries, errors, warnings, looksHalfWritten: source.looksHalfWritten, parsed };
}

/** SHA-256 of a text. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

interface Finding {
  readonly document?: ReadDocument;
  readonly fault: Fault;
}

interface ReadDocument {
  readonly value: unknown;
  /** Where a fault is; may parse the text again to find out. */
  position(pointer: string): Position;
  /** Where a resource begins, if that costs nothing. */
  entryPosition(pointer: string): Position;
}

interface ReadText {
  readonly documents: readonly ReadDocument[];
  readonly findings: readonly Finding[];
  readonly looksHalfWritten: boolean;
}

function readText(file: string, text: string): ReadText {
  return /\.json$/i.test(file) ? readJson(text) : readYaml(text);
}

/** Native and fast; positions only when something is wrong, by reading it again as the YAML that JSON also is. */
function readJson(text: string): ReadText {
  try {
    const value: unknown = JSON.parse(text);
    let yaml: ReadDocument | undefined;
    const position = (pointer: string) => {
      yaml ??= readYaml(text).documents[0];
      return yaml?.position(pointer) ?? {};
    };
    return { documents: [{ value, position, entryPosition: () => ({}) }], findings: [], looksHalfWritten: false };
  } catch (error) {
    const message = text.trim() === "" ? "the file is empty" : (error as Error).message;
    const at = /line (\d+) column (\d+)/.exec(message);
    const position = at ? { line: Number(at[1]), column: Number(at[2]) } : {};
    const fault: Fault = { severity: "error", rule: "json.syntax", message, pointer: "", ...position };
    return { documents: [], findings: [{ fault }], looksHalfWritten: true };
  }
}

function readYaml(text: string): ReadText {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
  const findings: Finding[] = [];
  const read: ReadDocument[] = [];
  for (const document of documents) {
    const position = (pointer: string) => positionAt(document, lines, pointer);
    for (const { message, pos } of document.errors) {
      const { line, col } = lines.linePos(pos[0]);
      findings.push({
        fault: { severity: "error", rule: "yaml.syntax", message, pointer: "", line, column: col },
      });
    }
    if (document.errors.length > 0) continue;
    try {
      read.push({ value: document.toJS(), position, entryPosition: position });
    } catch (error) {
      // Aliases that multiply beyond reason, for one.
      const { message } = error as Error;
      findings.push({ fault: { severity: "error", rule: "yaml.content", message, pointer: "", ...position("") } });
    }
  }
  return { documents: read, findings, looksHalfWritten: findings.length > 0 || !/\n\s*$/.test(text) };
}

type Located =
  | { readonly json: unknown; readonly document: ReadDocument; readonly pointer: string }
  | { readonly finding: Finding };

function resourcesIn(document: ReadDocument): Located[] {
  const { value } = document;
  if (value === null || value === undefined) return []; // `---` with nothing behind it
  const wrong = (pointer: string, message: string, rule: string): Located => ({
    finding: { document, fault: { severity: "error", rule, message, pointer } },
  });
  if (typeof value !== "object" || Array.isArray(value)) {
    return [wrong("", "expected an object with `resources:`, a list of resources with `@type`", "file.shape")];
  }
  if ("@type" in value) return [{ json: value, document, pointer: "" }];
  const known = ["resources", ...IGNORED_FIELDS];
  const located = Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = nearest(key, ["resources", "@type", ...IGNORED_FIELDS]);
      const hint = near
        ? `did you mean ${near}?`
        : "a resource file has `resources:`, a list of resources with `@type`";
      return wrong(pointerTo("", key), `unknown field ${key}; ${hint}`, "file.shape");
    });
  const { resources } = value as { readonly resources?: unknown };
  if (resources === undefined || resources === null) return located;
  if (!Array.isArray(resources)) return [...located, wrong("/resources", "expected a list of resources", "file.shape")];
  return [...located, ...resources.map((json, index) => ({ json, document, pointer: `/resources/${index}` }))];
}
