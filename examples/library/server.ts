// A control plane in a program of your own: node examples/library/server.ts [PORT]
import { factsOf, loadSchema, resourceFromJson } from "@fairlead/envoy-api";
import { createResource, createXdsServer, SnapshotCache } from "@fairlead/xds";

const schema = loadSchema();
const cache = new SnapshotCache();
const server = await createXdsServer({ source: cache, listen: { port: Number(process.argv[2] ?? 18000) } });
console.log(`xDS on ${server.address.host}:${server.address.port}`);
serveCluster("127.0.0.1", 8080);

/** Puts a cluster into the group `default`, which serves every node that no other group claims. */
function serveCluster(address: string, port: number): void {
  const endpoint = { address: { socketAddress: { address, portValue: port } } };
  const read = resourceFromJson(schema, {
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    name: "backend",
    connectTimeout: "1s",
    loadAssignment: { clusterName: "backend", endpoints: [{ lbEndpoints: [{ endpoint }] }] },
  });
  if (!read.ok) throw new Error(read.faults.map(({ pointer, message }) => `${pointer}: ${message}`).join("\n"));
  const resource = createResource({ ...read, facts: factsOf(schema, read.typeUrl, read.message) });
  cache.commit({ groups: new Map([["default", { upsert: [resource], remove: [] }]]) });
}
