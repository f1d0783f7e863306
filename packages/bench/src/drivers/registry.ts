import { BenchError } from "../errors.ts";
import type { DriverPlan, Workload } from "../plan/plan.ts";
import { fillTemplate } from "../plan/template.ts";
import { markOf } from "../workload/mark.ts";
import { addressOf, ENDPOINT_PORT } from "../workload/resource-json.ts";
import type { Driver } from "./driver.ts";
import { openRequests } from "./request.ts";

/** Changes that are under way at a time. */
const AT_ONCE = 4;
/** Instances of one request; Fairlead takes 10,000. */
const INSTANCES_PER_REQUEST = 5_000;
/** None beats, so that nothing but the changes is measured: none may be lost while a run lasts. */
const TTL_MS = 3_600_000;

interface InstanceName {
  readonly service: string;
  readonly id: string;
}

/**
 * Fairlead's registry: each resource of the workload is a service, whose endpoints are instances. A change registers a service's first
 * instance anew, with the mark as its host name; at the end all are deregistered.
 */
export function registryDriver({ adminUrl }: Extract<DriverPlan, { kind: "registry" }>, workload: Workload): Driver {
  const url = `${adminUrl.replace(/\/$/, "")}/v1/announcements`;
  const requests = openRequests(AT_ONCE);
  const all = Array.from({ length: workload.count }, (_, index) => index);
  const serviceOf = (index: number) => fillTemplate(workload.nameTemplate, { i: index });

  const announce = async (kind: "register" | "deregister", entries: readonly InstanceName[]) => {
    for (let from = 0; from < entries.length; from += INSTANCES_PER_REQUEST) {
      const body = JSON.stringify({ [kind]: entries.slice(from, from + INSTANCES_PER_REQUEST) });
      const { refusals } = readAnswer(await requests.send({ method: "POST", url, body }), url);
      if (refusals.length === 0) continue;
      throw new BenchError("driver-failed", `POST ${url} refused ${refusals.length}: ${JSON.stringify(refusals[0])}`);
    }
  };
  const instanceOf = (index: number, at: number, sequence: number) => ({
    ...nameOf(index, at),
    address: addressOf(index, at),
    port: ENDPOINT_PORT,
    ttlMs: TTL_MS,
    ...(at === 0 && { hostname: markOf(sequence) }),
  });
  // Endpoints are told in the order of ids: the first has the mark.
  const nameOf = (index: number, at: number): InstanceName => ({
    service: serviceOf(index),
    id: `i-${String(at).padStart(3, "0")}`,
  });
  const everyInstance = <T>(make: (index: number, at: number) => T) =>
    all.flatMap((index) => Array.from({ length: workload.endpoints }, (_, at) => make(index, at)));

  return {
    atOnce: AT_ONCE,
    setup: () =>
      announce(
        "register",
        everyInstance((index, at) => instanceOf(index, at, 0)),
      ),
    change({ sequence, resources }) {
      const indices = resources === "all" ? all : resources;
      return announce(
        "register",
        indices.map((index) => instanceOf(index, 0, sequence)),
      );
    },
    async teardown() {
      try {
        await announce("deregister", everyInstance(nameOf));
      } finally {
        requests.close();
      }
    },
  };
}

function readAnswer(text: string, url: string): { readonly refusals: readonly unknown[] } {
  try {
    const { refusals = [] } = JSON.parse(text) as { readonly refusals?: readonly unknown[] };
    return { refusals };
  } catch (cause) {
    throw new BenchError("driver-failed", `POST ${url} was answered by no JSON: is it Fairlead's admin API?`, {
      cause,
    });
  }
}
