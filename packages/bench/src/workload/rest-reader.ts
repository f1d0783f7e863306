import type { Workload } from "../plan/plan.ts";
import { type Content, versionOf } from "./content.ts";
import { readMark } from "./mark.ts";
import type { Names } from "./names.ts";
import { typeUrlOf } from "./resource-json.ts";

/** Answers that are remembered to recognise the same text in the next poll. */
const MAX_REMEMBERED = 4;
/** Bytes of one that are remembered at most. */
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;

/** What a poll brought, and the version that it says it is. */
export interface PolledContent {
  readonly version: string;
  readonly content: Content;
}

/**
 * Reads answers to polls: a `DiscoveryResponse` in JSON, names spelled either way. Answers without nonces are alike for all clients, so
 * what was read of one holds for each with the same bytes.
 */
export class RestReader {
  private readonly workload: Workload;
  private readonly names: Names;
  private readonly remembered: { readonly bytes: Buffer; readonly polled: PolledContent }[] = [];

  constructor(workload: Workload, names: Names) {
    this.workload = workload;
    this.names = names;
  }

  read(bytes: Buffer): PolledContent {
    const known = this.remembered.findIndex((one) => one.bytes.equals(bytes));
    if (known >= 0) {
      const [found] = this.remembered.splice(known, 1);
      this.remembered.unshift(found!);
      return found!.polled;
    }
    const polled = this.parse(bytes);
    if (bytes.length <= MAX_REMEMBERED_BYTES && polled.content.fault === undefined) {
      this.remembered.unshift({ bytes, polled });
      this.remembered.length = Math.min(this.remembered.length, MAX_REMEMBERED);
    }
    return polled;
  }

  private parse(bytes: Buffer): PolledContent {
    let response: unknown;
    try {
      response = JSON.parse(bytes.toString("utf8"));
    } catch (error) {
      return this.contentOf("", [], `the answer to a poll is no JSON: ${(error as Error).message}`);
    }
    if (!isObject(response)) return this.contentOf("", [], "the answer to a poll is no JSON object");
    const resources = listOf(response.resources);
    const version = textOf(response.versionInfo ?? response.version_info);
    const foreign = resources.find((one) => one["@type"] !== typeUrlOf(this.workload));
    const fault = foreign && `a resource of the type "${textOf(foreign["@type"])}" came, which was not asked for`;
    return this.contentOf(version, resources, fault);
  }

  private contentOf(version: string, resources: readonly Json[], fault: string | undefined): PolledContent {
    const { recognise } = this.workload;
    const indexes = new Int32Array(resources.length);
    const states = new Uint32Array(resources.length);
    let missingMark: string | undefined;
    for (const [at, resource] of resources.entries()) {
      const name = Buffer.from(nameOf(resource));
      indexes[at] = this.names.indexOf(name, 0, name.length);
      if (recognise === "bytes") {
        states[at] = digestOf(JSON.stringify(resource));
        continue;
      }
      const mark = Buffer.from(hostnameOf(resource));
      const sequence = readMark(mark, 0, mark.length);
      if (sequence < 0 && indexes[at]! >= 0) missingMark ??= `${name} has no mark as its first endpoint's host name`;
      states[at] = sequence + 1;
    }
    const bytes = Buffer.from(version);
    return {
      version,
      content: {
        version: versionOf(bytes, 0, bytes.length),
        count: resources.length,
        indexes,
        states,
        versions: [],
        removed: [],
        heartbeats: 0,
        digest: digestOf(`${indexes.join()};${states.join()}`),
        fault: fault ?? missingMark,
      },
    };
  }
}

type Json = { readonly [key: string]: unknown };

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

/** What is no object in a list is an empty one: it has no type, and no name. */
function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map((one) => (isObject(one) ? one : {})) : [];
}

/** A text, or nothing: what a server puts in its place is not asked for its own idea of a text. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function nameOf(resource: Json): string {
  return textOf(resource.clusterName ?? resource.cluster_name ?? resource.name);
}

/** Of the first endpoint. */
function hostnameOf(resource: Json): string {
  const assignment = (resource.loadAssignment ?? resource.load_assignment ?? resource) as Json;
  const [locality] = listOf(assignment.endpoints);
  const [first] = listOf(locality?.lbEndpoints ?? locality?.lb_endpoints);
  return textOf((first?.endpoint as Json | undefined)?.hostname);
}

/** FNV-1a, never 0: that state says "unknown". */
function digestOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0 || 1;
}
