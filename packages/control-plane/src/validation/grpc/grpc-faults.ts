import { resourceToJson, type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import { checkCluster } from "./cluster.ts";
import { checkEndpoints } from "./endpoints.ts";
import { collectInto, type Finding, type Findings, type GrpcFault } from "./fault.ts";
import type { Json } from "./json.ts";
import { checkListener } from "./listener.ts";
import { checkRoutes } from "./routes.ts";

const RULES: ReadonlyMap<string, (findings: Findings, json: Json) => void> = new Map([
  [TYPE_URLS.listener, checkListener],
  [TYPE_URLS.routes, (findings, json) => checkRoutes(findings, json, "")],
  [TYPE_URLS.cluster, checkCluster],
  [TYPE_URLS.endpoints, checkEndpoints],
]);

/**
 * What gRPC clients and servers would refuse, or pass over, in resources that Envoy takes. Pure. Facts are those of grpc-go
 * 1.85, grpc-java 1.85 and grpc-js-xds 1.14, without experimental environment variables; of C++ by its gRFCs.
 */
export function grpcFaults(
  resources: Iterable<Pick<Resource, "typeUrl" | "name" | "value">>,
  schema: Schema,
): readonly GrpcFault[] {
  const faults: GrpcFault[] = [];
  for (const { typeUrl, name, value } of resources) {
    const check = RULES.get(typeUrl);
    if (check === undefined) continue;
    const findings: Finding[] = [];
    check(collectInto(findings), resourceToJson(schema, typeUrl, value));
    for (const finding of findings) faults.push({ ...finding, typeUrl, name });
  }
  return faults;
}
