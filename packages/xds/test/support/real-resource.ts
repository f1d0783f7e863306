import { loadSchema, type ResourceFacts, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource } from "../../src/cache/create-resource.ts";
import { readResource } from "../../src/cache/read-resource.ts";
import type { Resource } from "../../src/cache/resource.ts";
import { encodeAny } from "../../src/wire/any.ts";

/** A resource that is one by Envoy's schema, so that it can be told in JSON. */
export function realResource(typeUrl: string, json: object, facts?: Partial<ResourceFacts>): Resource {
  const resource = readResource(loadSchema(), { "@type": typeUrl, ...json });
  return facts ? { ...resource, facts: { ...resource.facts, ...facts } } : resource;
}

/** A cluster that warms at once. */
export function cluster(name: string, connectTimeout = "1s"): Resource {
  return realResource(TYPE_URLS.cluster, { name, connectTimeout });
}

/** A cluster with an extension of a type that the schema lacks. */
export function opaqueCluster(name: string): Resource {
  const { value } = cluster(name);
  const any = encodeAny("type.googleapis.com/example.Unknown", Buffer.from("x"));
  const entry = lengthDelimited([0x0a], Buffer.from("e"));
  // typed_extension_protocol_options, field 36, is a map.
  const options = lengthDelimited([0xa2, 0x02], Buffer.concat([entry, lengthDelimited([0x12], any)]));
  return createResource({ typeUrl: TYPE_URLS.cluster, name, value: Buffer.concat([value, options]) });
}

/** A field of less than 128 bytes. */
function lengthDelimited(tag: readonly number[], content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([...tag, content.length]), content]);
}

/** A route configuration that leads everything to one cluster. */
export function routesTo(name: string, target: string): Resource {
  const routes = [{ match: { prefix: "/" }, route: { cluster: target } }];
  return realResource(TYPE_URLS.routes, { name, virtualHosts: [{ name: "all", domains: ["*"], routes }] });
}
