import { hash } from "node:crypto";
import {
  type Constraints,
  canonicalName,
  describeConstraints,
  NO_FACTS,
  type ResourceFacts,
} from "@fairlead/envoy-api";
import type { Resource } from "./resource.ts";

/** What a resource is made of. */
export interface ResourceInput {
  readonly typeUrl: string;
  /** An `xdstp://` name may be spelled in any way that means it. */
  readonly name: string;
  /** The message in deterministic encoding (`encodeDeterministic` of `@fairlead/envoy-api`). */
  readonly value: Uint8Array;
  /** Default: none. */
  readonly aliases?: readonly string[] | undefined;
  /** Default: it never expires. */
  readonly ttlMs?: number | undefined;
  /** Which clients this variant of the name is for. Default: all. */
  readonly constraints?: Constraints | undefined;
  /** Default: it refers to nothing. */
  readonly facts?: ResourceFacts | undefined;
}

const interned = new Map<string, WeakRef<Resource>>();
const forget = new FinalizationRegistry<string>((key) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key);
});

/**
 * Makes a resource and its version, a digest of its content (protocol.md C6). Equal content gives the same object, in
 * whatever group: its bytes are held, and later encoded, once.
 */
export function createResource(input: ResourceInput): Resource {
  const { typeUrl, value, aliases = NO_ALIASES, ttlMs, constraints, facts = NO_FACTS } = input;
  const of = canonicalName(input.name);
  const variant = constraints && { ...constraints, of };
  const name = variant ? `${of} [${describeConstraints(variant.rule)}]` : of;
  const version = hash("sha256", contentOf(value, aliases, ttlMs, constraints), "base64url").slice(0, 16);
  const key = `${typeUrl}|${version}|${name}`;
  const known = interned.get(key)?.deref();
  if (known && isAlike(known.facts, facts)) return known;
  const resource: Resource = { typeUrl, name, version, value, aliases, ttlMs, facts, ...(variant && { variant }) };
  interned.set(key, new WeakRef(resource));
  forget.register(resource, key);
  return resource;
}

/** All that makes it what it is: as a rule its bytes alone. */
function contentOf(
  value: Uint8Array,
  aliases: readonly string[],
  ttlMs: number | undefined,
  constraints: Constraints | undefined,
): Uint8Array {
  if (aliases.length === 0 && ttlMs === undefined && !constraints) return value;
  const parts = aliases.map((alias) => `\0${alias.length}:${alias}`);
  if (ttlMs !== undefined) parts.push(`\0ttl ${ttlMs}`);
  if (constraints) parts.push("\0for ");
  return Buffer.concat([value, Buffer.from(parts.join("")), constraints?.value ?? NOTHING]);
}

const NOTHING = new Uint8Array();

/** Facts follow from the content, unless a user reads them by another schema or leaves them out. */
function isAlike(a: ResourceFacts, b: ResourceFacts): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

const NO_ALIASES: readonly string[] = [];
