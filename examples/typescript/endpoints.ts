import { defineResources } from "fairlead/resources";
import { SERVICES } from "./services.ts";

export default defineResources(({ group }) =>
  Object.entries(SERVICES).map(([name, { port, hosts }]) => ({
    "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    clusterName: `${group}-${name}`,
    endpoints: [
      {
        lbEndpoints: hosts.map((address) => ({
          endpoint: { address: { socketAddress: { address, portValue: port } } },
        })),
      },
    ],
  })),
);
