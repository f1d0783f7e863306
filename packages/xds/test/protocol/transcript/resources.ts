import {
  type ConstraintRule,
  canonicalName,
  describeConstraints,
  parseTypeUrl,
  type Reference,
  TYPE_URLS,
} from "@fairlead/envoy-api";
import type { GroupChanges } from "../../../src/cache/apply-changes.ts";
import type { Resource } from "../../../src/cache/resource.ts";
import type { Snapshot } from "../../../src/cache/snapshot.ts";
import { routedBytes } from "../../support/routed-bytes.ts";

/** A type's resources as a `snapshot` line writes them. */
export interface WrittenType {
  readonly typeUrl: string;
  readonly label: string | undefined;
  readonly resources: readonly Resource[];
}

const known = new Map<string, Resource>();

/** The type URL of a word such as `cds`, `cluster`, `example.Thing`. @throws Error if it is none */
export function typeUrlOf(word: string): string {
  const typeUrl = parseTypeUrl(word) ?? parseTypeUrl(`${word}s`);
  if (typeUrl === undefined) throw new Error(`${word} is no type`);
  return typeUrl;
}

/** Reads `cluster: a=1->endpoints:a b=1~ ; listener@v1: l=1->route:r`. */
export function readTypes(text: string): WrittenType[] {
  return text.split(/\s;(?:\s|$)/).map((section) => {
    const [, word = "", label, content = ""] = /^\s*([\w./]+)(?:@(\S+))?:(.*)$/.exec(section) ?? [];
    const typeUrl = typeUrlOf(word);
    const resources = content.split(/\s+/).filter(Boolean);
    return { typeUrl, label, resources: resources.map((written) => readResource(typeUrl, written)) };
  });
}

/** What makes the types named hold what is written, and nothing else; other types stay as they are. */
export function changesTo(before: Snapshot | undefined, types: readonly WrittenType[]): GroupChanges {
  const removed = types.flatMap(({ typeUrl, resources }) => {
    const names = new Set(resources.map(({ name }) => name));
    const held = [...(before?.types.get(typeUrl)?.resources.keys() ?? [])];
    return held.filter((name) => !names.has(name)).map((name) => ({ typeUrl, name }));
  });
  return {
    upsert: types.flatMap(({ resources }) => resources),
    remove: removed,
    labels: new Map(types.map(({ typeUrl, label }) => [typeUrl, label])),
  };
}

/**
 * Reads `name=version`, then `->type:name` for each reference (`^source` where its config source matters), `*bytes` for a size, `%30s` for a time to live, `~` for a cluster that warms without
 * a sign, `!` for content that can't be read, `#` for bytes with routes to its clusters, `@a.example,*.b` for a virtual host's domains, `{env=prod&!version}` for a variant's constraints. Equal texts give the same object, as the cache does.
 */
function readResource(typeUrl: string, text: string): Resource {
  const key = `${typeUrl} ${text}`;
  const resource = known.get(key) ?? makeResource(typeUrl, text);
  known.set(key, resource);
  return resource;
}

function makeResource(typeUrl: string, text: string): Resource {
  const match = /^(.+?)=([\w.]+)(?:\{(.*)\})?(?:\*(\d+))?(?:%(\d+)s)?([~!#]*)(?:@([^>]*?))?((?:->[^>]+)*)$/.exec(text);
  if (!match) throw new Error(`${text} is not name=version->type:name`);
  const [, written = "", version = "", constraints, bytes, ttl, marks = "", domains, arrows = ""] = match;
  const name = canonicalName(written);
  const references = arrows.split("->").filter(Boolean).map(readReference);
  const facts = {
    references,
    warmsSilently: marks.includes("~"),
    isOpaque: marks.includes("!"),
    ...(domains && { domains: domains.split(",") }),
  };
  const ttlMs = ttl === undefined ? undefined : Number(ttl) * 1_000;
  const clusters = references.flatMap((one) => (one.typeUrl === TYPE_URLS.cluster ? one.name : []));
  const value = marks.includes("#") ? routedBytes(typeUrl, text, clusters) : new Uint8Array(Number(bytes ?? 0));
  const resource = { typeUrl, name, version, value, aliases: [], ttlMs, facts };
  if (constraints === undefined) return resource;
  const variant = { of: name, rule: readRule(constraints), value: Buffer.from(constraints) };
  return { ...resource, name: `${name} [${describeConstraints(variant.rule)}]`, variant };
}

/** Reads `env=prod&!version`: a value, whether there is one, and not so. */
function readRule(text: string): ConstraintRule {
  const parts = text.split("&").map((part): ConstraintRule => {
    const [, not, key = "", value] = /^(!?)([^=]+)(?:=(.*))?$/.exec(part)!;
    const rule: ConstraintRule = value === undefined ? { kind: "exists", key } : { kind: "value", key, value };
    return not ? { kind: "not", of: rule } : rule;
  });
  return parts.length === 1 ? parts[0]! : { kind: "and", of: parts };
}

function readReference(text: string): Reference {
  const [, word = "", name = "", source = "ads"] = /^(\w+):([^^]+)(?:\^(\w+))?$/.exec(text) ?? [];
  const typeUrl = typeUrlOf(word);
  // A cluster is named without saying where to get it.
  return typeUrl === TYPE_URLS.cluster ? { typeUrl, name, pointer: "" } : { typeUrl, name, pointer: "", source };
}
