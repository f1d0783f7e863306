import { createResource } from "../../src/cache/create-resource.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import { xdsChannel } from "../../src/channels.ts";
import { createXdsClient } from "../../src/client/xds-client.ts";
import type { Http2ListenOptions } from "../../src/server/http2/listen.ts";
import { accessLogService } from "../../src/server/services/access-logs.ts";
import { clientStatusService } from "../../src/server/services/client-status.ts";
import { healthService } from "../../src/server/services/health.ts";
import { loadReportingService } from "../../src/server/services/load-reports.ts";
import { reflectionServices } from "../../src/server/services/reflection.ts";
import { createXdsServer } from "../../src/server/xds-server.ts";
import type { FuzzTarget } from "./target.ts";
import { within } from "./within.ts";
import { bytesField } from "./xds-requests.ts";

const clusterType = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

const services = [
  healthService(),
  ...reflectionServices(),
  clientStatusService({ show: "all", redact: (_, value) => value }),
  loadReportingService(),
  accessLogService(),
];

/**
 * The whole xDS server. Every commit changes the group that the fuzzed streams get, so that answers are under way to
 * them all the time; a healthy client follows and sees every one.
 */
export async function startXdsTarget(listen: Http2ListenOptions): Promise<FuzzTarget> {
  const cache = new SnapshotCache();
  const commit = (round: number): void => {
    const names = ["a", "b", `round-${round % 3}`];
    const upsert = [clusterType, endpointType].flatMap((typeUrl) =>
      names.map((name) => createResource({ typeUrl, name, value: content(name, round) })),
    );
    const remove = [{ typeUrl: clusterType, name: `round-${(round + 1) % 3}` }];
    cache.commit({ groups: new Map([["default", { upsert, remove }]]) });
  };
  commit(0);
  const server = await createXdsServer({ source: cache, listen, stage: { isStaged: false }, services });
  // While nobody listens, reports and logs are not even decoded.
  const reports = [xdsChannel("fairlead:xds:load-reported"), xdsChannel("fairlead:xds:access-logged")];
  for (const channel of reports) channel.subscribe(ignore);
  const { port } = server.address;
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  stopped.catch(() => {}); // told by stopHealthy
  let rounds = 0;
  let isStopping = false;
  const client = createXdsClient({
    target: `127.0.0.1:${port}`,
    mode: "delta",
    node: { id: "healthy" },
    onStatus: (status) => {
      if (status.kind === "waiting") reject(new Error(`the healthy client was harmed: ${JSON.stringify(status)}`));
    },
  });
  const look = (): void => {
    const held = client.resources(clusterType).get("a");
    if (held === undefined || !Buffer.from(held.value).equals(content("a", rounds))) return;
    rounds += 1;
    if (isStopping) resolve();
    else setImmediate(commit, rounds);
  };
  client.watch(clusterType, "*", { onResponse: () => setImmediate(look) });
  return {
    port,
    get healthyMessages() {
      return rounds;
    },
    async stopHealthy() {
      isStopping = true;
      await within(10_000, stopped, "the healthy client was harmed: a commit did not arrive");
      await client.close();
    },
    isQuiet: () => [...server.clients()].length === 0,
    close: async () => {
      for (const channel of reports) channel.unsubscribe(ignore);
      await server.close();
    },
  };
}

function ignore(): void {}

/** A message with `name` as its first field and the round in another: enough of a resource for a server that copies bytes. */
function content(name: string, round: number): Buffer {
  return Buffer.concat([bytesField(1, Buffer.from(name)), bytesField(28, Buffer.from(`round ${round}`))]);
}
