import { type DescMessage, fromJson, type JsonObject, type Message } from "@bufbuild/protobuf";
import type { Any, Duration } from "@bufbuild/protobuf/wkt";
import { type Constraints, type ConstraintsMessage, constraintsOf } from "./constraints.ts";
import { encodeDeterministic } from "./encode-deterministic.ts";
import { checkShape } from "./json/check-shape.ts";
import { isObject } from "./json/check-well-known.ts";
import type { Fault } from "./json/fault.ts";
import { pointerTo } from "./json/pointer.ts";
import { resourceName } from "./resource-name.ts";
import type { Schema } from "./schema.ts";
import { TYPE_URLS, typeUrlOf } from "./type-urls.ts";
import { unpackAny } from "./walk/unpack-any.ts";
import { canonicalName, isGlob } from "./xdstp-name.ts";

/** A resource read from JSON. */
export interface ReadResource {
  readonly ok: true;
  readonly typeUrl: string;
  readonly name: string;
  /** Other names, from its `Resource` wrapper. */
  readonly aliases: readonly string[];
  /** From its `Resource` wrapper, milliseconds; `undefined`: lives until removed. */
  readonly ttlMs: number | undefined;
  /** From its `Resource` wrapper: which clients this variant of it is for; `undefined`: all. */
  readonly constraints: Constraints | undefined;
  /** Deterministic encoding of `message`. */
  readonly value: Uint8Array;
  readonly desc: DescMessage;
  readonly message: Message;
  /** Where the resource itself begins in the input: below the wrapper's `/resource`, if it has one. */
  readonly pointer: string;
  readonly faults: readonly [];
}

/** JSON that is no resource, and why: every fault found, at most 100. */
export interface UnreadResource {
  readonly ok: false;
  /** As the input says it, known or not. */
  readonly typeUrl: string | undefined;
  readonly name: string | undefined;
  readonly faults: readonly Fault[];
}

/**
 * Reads a resource from ProtoJSON with `@type`, or from Envoy's standard wrapper `envoy.service.discovery.v3.Resource`
 * around one. Field names in camelCase or as in the .proto files. Rules (`validateMessage`) are not looked at.
 */
export function resourceFromJson(
  schema: Schema,
  json: unknown,
  options?: { readonly pointer?: string },
): ReadResource | UnreadResource {
  const pointer = options?.pointer ?? "";
  const anyDesc = schema.messageOf("google.protobuf.Any");
  if (anyDesc === undefined) return unread(json, [invalid(pointer, "the schema lacks google.protobuf.Any")]);
  const faults = checkShape(schema, anyDesc, json, pointer);
  if (faults.length > 0) return unread(json, faults);
  const { "@type": typeUrl, ...fields } = json as { "@type"?: string };
  const desc = typeUrl === undefined ? undefined : schema.messageOf(typeUrl);
  if (typeUrl === undefined || desc === undefined)
    return unread(json, [untyped(pointer, "an empty object is no resource")]);
  try {
    const message = fromJson(desc, fields as JsonObject, { registry: schema.registry });
    if (desc.typeName === WRAPPER) return unwrap(schema, message as unknown as Wrapper, json, pointer);
    return finish(schema, desc, message, { pointer, json });
  } catch (error) {
    return unread(json, [invalid(pointer, (error as Error).message)]);
  }
}

const WRAPPER = "envoy.service.discovery.v3.Resource";

/** The fields of the wrapper that mean something to this server; `version` is ignored, since versions are digests. */
const CARRIED = new Set(["@type", "name", "aliases", "ttl", "resource", "version", "resource_name", "resourceName"]);

interface Wrapper {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ttl?: Duration;
  readonly resource?: Any;
  readonly resourceName?: { readonly name: string; readonly dynamicParameterConstraints?: ConstraintsMessage };
}

function unwrap(schema: Schema, wrapper: Wrapper, json: unknown, pointer: string): ReadResource | UnreadResource {
  const keys = isObject(json) ? Object.keys(json) : [];
  const dropped = keys.filter((key) => !CARRIED.has(key));
  const inner = pointerTo(pointer, "resource");
  const held = wrapper.resource === undefined ? undefined : unpackAny(schema, wrapper.resource);
  if (dropped.length > 0)
    return unread(
      json,
      dropped.map((key) => notCarried(pointerTo(pointer, key), key)),
    );
  if (wrapper.resource === undefined || held === undefined)
    return unread(json, [untyped(inner, "the wrapper holds no resource")]);
  const { ttl } = wrapper;
  const ttlMs = ttl === undefined ? undefined : Number(ttl.seconds) * 1000 + ttl.nanos / 1e6;
  return finish(schema, held.desc, held.message, {
    pointer: inner,
    json,
    name: wrapper.resourceName?.name || wrapper.name,
    aliases: wrapper.aliases,
    ttlMs,
    constraints: constraintsIn(schema, wrapper),
  });
}

function constraintsIn(schema: Schema, { resourceName: of }: Wrapper): Constraints | undefined {
  const desc = schema.messageOf("envoy.service.discovery.v3.DynamicParameterConstraints");
  const message = of?.dynamicParameterConstraints;
  return desc && message && constraintsOf(desc, message);
}

interface Around {
  readonly pointer: string;
  readonly json: unknown;
  readonly name?: string;
  readonly aliases?: readonly string[];
  readonly ttlMs?: number | undefined;
  readonly constraints?: Constraints | undefined;
}

function finish(schema: Schema, desc: DescMessage, message: Message, around: Around): ReadResource | UnreadResource {
  const typeUrl = typeUrlOf(desc.typeName); // whatever host the input's URL named
  const name = canonicalName(around.name || resourceName(schema, typeUrl, message));
  const { pointer, json, aliases = [], ttlMs, constraints } = around;
  if (name === "")
    return unread(json, [
      { pointer, code: "missing_name", message: `this ${desc.typeName} has no name`, expected: "name" },
    ]);
  const own = resourceName(schema, typeUrl, message);
  if (typeUrl === TYPE_URLS.virtualHost && own !== name) return unread(json, [misnamed(pointer, own, name)]);
  if (isGlob(name)) return unread(json, [globFault(pointer, name)]);
  const value = encodeDeterministic(schema, desc, message);
  return { ok: true, typeUrl, name, aliases, ttlMs, constraints, value, desc, message, pointer, faults: [] };
}

function unread(json: unknown, faults: readonly Fault[]): UnreadResource {
  const { "@type": typeUrl, name, cluster_name, clusterName } = isObject(json) ? json : {};
  return { ok: false, typeUrl: text(typeUrl), name: text(name) ?? text(cluster_name) ?? text(clusterName), faults };
}

function text(json: unknown): string | undefined {
  return typeof json === "string" ? json : undefined;
}

function untyped(pointer: string, message: string): Fault {
  return { pointer, code: "missing_type", message, expected: "object with @type" };
}

function invalid(pointer: string, message: string): Fault {
  return { pointer, code: "invalid_value", message };
}

function misnamed(pointer: string, own: string, name: string): Fault {
  const said = `its wrapper names it ${JSON.stringify(name)}, and itself it is named ${JSON.stringify(own)}`;
  const message = `${said}: name it ${JSON.stringify(name)} in both, since Envoy removes a virtual host by its own name`;
  return { pointer: pointerTo(pointer, "name"), code: "invalid_value", message };
}

function globFault(pointer: string, name: string): Fault {
  const message = `${name} is the name of a collection: give each resource in it a name of its own below that path`;
  return { pointer, code: "invalid_value", message };
}

function notCarried(pointer: string, key: string): Fault {
  return { pointer, code: "not_carried", message: `${key} of the wrapper is not passed on: remove it` };
}
