import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Workload } from "../plan/plan.ts";
import { fillTemplate } from "../plan/template.ts";
import { markOf } from "./mark.ts";

/** Most endpoints of a resource: their addresses end in 1 to 250. */
export const MAX_ENDPOINTS = 250;

/** The type URL of a workload's resources. */
export function typeUrlOf({ type }: Pick<Workload, "type">): string {
  return type === "clusters" ? TYPE_URLS.cluster : TYPE_URLS.endpoints;
}

/**
 * Resource `index` as ProtoJSON with `@type`, as the change `sequence` leaves it (0: before any). Endpoint `j` listens at
 * 10.(index >> 8).(index & 255).(j + 1), from 65,536 resources on at 11.…, port 8080; the first one's host name is the mark.
 */
export function resourceJson(
  workload: Pick<Workload, "type" | "nameTemplate" | "endpoints">,
  index: number,
  sequence: number,
): Record<string, unknown> {
  const name = fillTemplate(workload.nameTemplate, { i: index });
  const assignment = { clusterName: name, endpoints: [{ lbEndpoints: endpointsJson(workload, index, sequence) }] };
  if (workload.type === "endpoints") return { "@type": TYPE_URLS.endpoints, ...assignment };
  return { "@type": TYPE_URLS.cluster, name, type: "STATIC", connectTimeout: "1s", loadAssignment: assignment };
}

/** The port of every endpoint. */
export const ENDPOINT_PORT = 8080;

/** The address of endpoint `at` of resource `index`. */
export function addressOf(index: number, at: number): string {
  return `${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${at + 1}`;
}

function endpointsJson({ endpoints }: Pick<Workload, "endpoints">, index: number, sequence: number): unknown[] {
  return Array.from({ length: Math.min(endpoints, MAX_ENDPOINTS) }, (_, at) => ({
    endpoint: {
      address: { socketAddress: { address: addressOf(index, at), portValue: ENDPOINT_PORT } },
      ...(at === 0 && { hostname: markOf(sequence) }),
    },
  }));
}
