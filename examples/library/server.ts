// A control plane in a program of your own: node server.ts [PORT]
import { loadSchema } from "@fairlead/envoy-api";
import { createXdsServer, readResource, SnapshotCache } from "@fairlead/xds";

const schema = loadSchema();
const cache = new SnapshotCache();
const server = await createXdsServer({ source: cache, listen: { port: Number(process.argv[2] ?? 18000) } });
console.log(`xDS on ${server.address.host}:${server.address.port}`);
serveCluster("127.0.0.1", 8080);

/** Puts a cluster into the group `default`, which serves every node that no other group claims. */
function serveCluster(address: string, port: number): void {
  const endpoint = { address: { socketAddress: { address, portValue: port } } };
  const cluster = readResource(schema, {
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    name: "backend",
    connectTimeout: "1s",
    loadAssignment: { clusterName: "backend", endpoints: [{ lbEndpoints: [{ endpoint }] }] },
  });
  cache.commit({ groups: new Map([["default", { upsert: [cluster], remove: [] }]]) });
}
