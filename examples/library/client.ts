// Follows the clusters of any xDS server: node examples/library/client.ts [HOST:PORT] [NODE]
import { loadSchema, resourceToJson, TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";

const [target = "127.0.0.1:18000", id = "demo"] = process.argv.slice(2);
const schema = loadSchema();
const client = createXdsClient({ target, node: { id }, mode: "delta", userAgent: "fairlead-watch-example" });
client.watch(TYPE_URLS.cluster, "*", {
  onResource: ({ name, version, typeUrl, value }) =>
    console.log(`${name} ${version} ${JSON.stringify(resourceToJson(schema, typeUrl, value))}`),
  onRemoved: (name) => console.log(`${name} is gone`),
});
