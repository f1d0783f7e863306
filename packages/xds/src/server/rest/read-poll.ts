import type { ErrorDetail } from "../../protocol/subscription.ts";
import type { NodeClaim } from "../../wire/node.ts";
import type { PollRequest } from "../polls.ts";

type Fields = { readonly [name: string]: unknown };

/** What is wrong with a request, in words for whoever sent it. */
class PollFault extends Error {}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a `DiscoveryRequest` in ProtoJSON, names spelled either way. Fields that are not known are stepped over, so that
 * a newer Envoy's cost it nothing.
 *
 * @returns the poll, or what is wrong with it
 */
export function readPoll(body: Uint8Array, typeUrl: string): PollRequest | { readonly fault: string } {
  try {
    const request = parse(body);
    const claimed = text(request, "typeUrl", "");
    if (claimed !== "" && claimed !== typeUrl)
      throw new PollFault(`type_url: this path is for ${typeUrl}, not for ${claimed}`);
    const node = field(request, "node");
    if (node === undefined) throw new PollFault("node is missing: it says whose configuration this is");
    return {
      typeUrl,
      node: readNode(fields(node, "node")),
      versionInfo: text(request, "versionInfo", ""),
      resourceNames: [...texts(request, "resourceNames", ""), ...locatorNames(request)],
      errorDetail: readErrorDetail(field(request, "errorDetail")),
    };
  } catch (error) {
    if (error instanceof PollFault) return { fault: error.message };
    throw error;
  }
}

/** Names that come with dynamic parameters, which make no difference to a poll (O5): not "no names", which would mean all. */
function locatorNames(request: Fields): string[] {
  const locators = field(request, "resourceLocators") ?? [];
  if (!Array.isArray(locators))
    throw new PollFault(`resourceLocators is ${kindOf(locators)}: give an array of objects`);
  return locators.map((locator) => text(fields(locator, "resourceLocators"), "name", "resourceLocators."));
}

function parse(body: Uint8Array): Fields {
  try {
    return fields(JSON.parse(utf8.decode(body)), "the request");
  } catch (error) {
    if (error instanceof PollFault) throw error;
    throw new PollFault(`the request is no JSON: ${(error as Error).message}`);
  }
}

function readNode(node: Fields): NodeClaim {
  const locality = fields(field(node, "locality") ?? {}, "node.locality");
  return {
    id: text(node, "id", "node."),
    cluster: text(node, "cluster", "node."),
    locality: {
      region: text(locality, "region", "node.locality."),
      zone: text(locality, "zone", "node.locality."),
      subZone: text(locality, "subZone", "node.locality."),
    },
    metadata: fields(field(node, "metadata") ?? {}, "node.metadata"),
    userAgentName: text(node, "userAgentName", "node."),
    userAgentVersion: text(node, "userAgentVersion", "node.") || readBuildVersion(node),
    clientFeatures: texts(node, "clientFeatures", "node."),
  };
}

/** `major.minor.patch`, as of a `BuildVersion`. */
function readBuildVersion(node: Fields): string {
  const build = field(node, "userAgentBuildVersion");
  if (build === undefined) return "";
  const place = "node.userAgentBuildVersion";
  const version = fields(field(fields(build, place), "version") ?? {}, `${place}.version`);
  return ["majorNumber", "minorNumber", "patch"].map((name) => Number(field(version, name) ?? 0)).join(".");
}

function readErrorDetail(value: unknown): ErrorDetail | undefined {
  if (value === undefined) return undefined;
  const detail = fields(value, "error_detail");
  const code = Number(field(detail, "code") ?? 0);
  return { code: Number.isInteger(code) ? code : 0, message: text(detail, "message", "error_detail.") };
}

/** A field by its JSON name or by that of the proto file; `null` is none, as ProtoJSON has it. */
function field(object: Fields, jsonName: string): unknown {
  const value = object[jsonName] ?? object[jsonName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
  return value ?? undefined;
}

function text(object: Fields, name: string, place: string): string {
  const value = field(object, name) ?? "";
  if (typeof value === "string") return value;
  throw new PollFault(`${place}${name} is ${kindOf(value)}: give a string`);
}

function texts(object: Fields, name: string, place: string): string[] {
  const value = field(object, name) ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new PollFault(`${place}${name} is ${kindOf(value)}: give an array of strings`);
}

function fields(value: unknown, place: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new PollFault(`${place} is ${kindOf(value)}: give an object`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
