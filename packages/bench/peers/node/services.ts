/** A service of the workload and the names of its two streaming methods. */
export interface Service {
  readonly name: string;
  readonly sotw: string;
  readonly delta: string;
}

/** ADS, and the services of the types that the workload has. */
export const services: readonly Service[] = [
  {
    name: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    sotw: "StreamAggregatedResources",
    delta: "DeltaAggregatedResources",
  },
  { name: "envoy.service.endpoint.v3.EndpointDiscoveryService", sotw: "StreamEndpoints", delta: "DeltaEndpoints" },
  { name: "envoy.service.cluster.v3.ClusterDiscoveryService", sotw: "StreamClusters", delta: "DeltaClusters" },
];
