import { TYPE_URLS } from "@fairlead/envoy-api";
import { receiveDelta, receiveSotw, type XdsResponse } from "../../src/client/response.ts";
import { encodeAny } from "../../src/wire/any.ts";
import { writeDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeResourceWrapper } from "../../src/wire/resource-wrapper.ts";
import { writeDiscoveryResponse } from "../../src/wire/sotw-response.ts";

export const CLUSTER = TYPE_URLS.cluster;
export const ENDPOINTS = TYPE_URLS.endpoints;
export const LISTENER = TYPE_URLS.listener;

/** A message that has a name in field 1, like every resource, and some content. */
export function resourceValue(name: string, content = ""): Buffer {
  const field = (number: number, text: string) => [Buffer.of((number << 3) | 2, text.length), Buffer.from(text)];
  return Buffer.concat([...field(1, name), ...field(2, content)]);
}

/** `"a=1"` as the pair of name and content. */
function split(resource: string): readonly [name: string, content: string] {
  const [name = "", content = ""] = resource.split("=");
  return [name, content];
}

/** A SotW response with resources written `name=content`. */
export function sotwBytes(typeUrl: string, versionInfo: string, nonce: string, resources: readonly string[]): Buffer {
  const anys = resources.map((resource) => encodeAny(typeUrl, resourceValue(...split(resource))));
  return writeDiscoveryResponse({ typeUrl, versionInfo, nonce, resources: anys, controlPlaneId: "test" });
}

/** A delta response with resources written `name=content`, the content being the version too. */
export function deltaBytes(
  typeUrl: string,
  nonce: string,
  resources: readonly string[],
  removed: readonly string[] = [],
): Buffer {
  const wrappers = resources.map((resource) => {
    const [name, version] = split(resource);
    return encodeResourceWrapper({ name, version, any: encodeAny(typeUrl, resourceValue(name, version)) });
  });
  return writeDeltaDiscoveryResponse({
    typeUrl,
    nonce,
    systemVersionInfo: "",
    resources: wrappers,
    removed,
    controlPlaneId: "test",
  });
}

/** {@link sotwBytes}, as the client reads it. */
export function sotwResponse(...args: Parameters<typeof sotwBytes>): XdsResponse {
  return receiveSotw(sotwBytes(...args));
}

/** {@link deltaBytes}, as the client reads it. */
export function deltaResponse(...args: Parameters<typeof deltaBytes>): XdsResponse {
  return receiveDelta(deltaBytes(...args));
}
