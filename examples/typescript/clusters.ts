import { create } from "@bufbuild/protobuf";
import { Cluster_DiscoveryType, ClusterSchema } from "@fairlead/envoy-api/envoy/config/cluster/v3/cluster_pb";
import { defineResources } from "fairlead/resources";
import { SERVICES } from "./services.ts";

export default defineResources(({ group }) =>
  Object.keys(SERVICES).map((name) =>
    create(ClusterSchema, {
      name: `${group}-${name}`,
      connectTimeout: { seconds: 1n },
      clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: { configSourceSpecifier: { case: "ads", value: {} } } },
    }),
  ),
);
