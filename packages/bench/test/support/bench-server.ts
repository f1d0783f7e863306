import type { TestContext } from "node:test";
import { loadSchema } from "@fairlead/envoy-api";
import {
  createXdsServer,
  type Resource,
  readResource,
  SnapshotCache,
  type XdsServer,
  type XdsServerOptions,
} from "@fairlead/xds";
import type { Workload } from "../../src/plan/plan.ts";
import { resourceJson } from "../../src/workload/resource-json.ts";

/** Fairlead's own server with a workload in it. */
export interface BenchServer {
  readonly server: XdsServer;
  readonly port: number;
  /** Makes change `sequence` to these resources. */
  change(sequence: number, ...indexes: readonly number[]): void;
}

/** Resource `index` of the workload after the change `sequence`. */
export function benchResource(workload: Workload, index: number, sequence: number): Resource {
  return readResource(loadSchema(), resourceJson(workload, index, sequence));
}

/** Listens on a free port and ends with the test. */
export async function startBenchServer(
  t: TestContext,
  workload: Workload,
  listen: Partial<XdsServerOptions["listen"]> = {},
): Promise<BenchServer> {
  const cache = new SnapshotCache();
  const upsert = (resources: Resource[]) => {
    cache.commit({ groups: new Map([["default", { upsert: resources, remove: [] }]]) });
  };
  upsert(Array.from({ length: workload.count }, (_, index) => benchResource(workload, index, 0)));
  const server = await createXdsServer({ source: cache, listen: { port: 0, ...listen } });
  t.after(() => server.close());
  return {
    server,
    port: server.address.port,
    change: (sequence, ...indexes) => upsert(indexes.map((index) => benchResource(workload, index, sequence))),
  };
}
