// protocol.md S5
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { ServerReflection as Alpha } from "@fairlead/envoy-api/grpc/reflection/v1alpha/reflection_pb";
import { StatusCode } from "../../src/grpc/status.ts";
import { healthService } from "../../src/server/services/health.ts";
import { reflectionServices } from "../../src/server/services/reflection.ts";
import { openCall, type ServiceCall } from "./service-call.ts";
import { startServer } from "./started-server.ts";

const services = [healthService(), ...reflectionServices()];
const method = ServerReflection.method.serverReflectionInfo;
type Call = ServiceCall<typeof ServerReflectionRequestSchema, (typeof method)["output"]>;
type Asked = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

async function open(t: TestContext): Promise<Call> {
  const { target } = await startServer(t, { services });
  return openCall(t, target, method);
}

async function filesFor(call: Call, messageRequest: Asked): Promise<FileDescriptorProto[]> {
  call.send({ messageRequest });
  const { messageResponse } = await call.next();
  assert.equal(messageResponse.case, "fileDescriptorResponse", JSON.stringify(messageResponse.value));
  return messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

async function errorFor(call: Call, messageRequest: Asked): Promise<number | undefined> {
  call.send({ messageRequest });
  const { messageResponse } = await call.next();
  return messageResponse.case === "errorResponse" ? messageResponse.value.errorCode : undefined;
}

test("every service of the port is listed, by both versions of reflection (S5)", async (t) => {
  const { target } = await startServer(t, { services });
  for (const parent of [ServerReflection, Alpha]) {
    const call = openCall(t, target, { ...method, parent });
    call.send({ host: "h", messageRequest: { case: "listServices", value: "" } });
    const { messageResponse, validHost, originalRequest } = await call.next();
    assert.ok(messageResponse.case === "listServicesResponse");
    const names = messageResponse.value.service.map(({ name }) => name);
    for (const name of [
      "envoy.service.cluster.v3.ClusterDiscoveryService",
      "envoy.service.discovery.v3.AggregatedDiscoveryService",
      "envoy.service.endpoint.v3.LocalityEndpointDiscoveryService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]) {
      assert.ok(names.includes(name), name);
    }
    // The schema lacks go-control-plane's API: tools give up at a service that they cannot resolve.
    assert.ok(!names.some((name) => name.startsWith("ratelimit.")), names.join());
    assert.equal(validHost, "h");
    assert.equal(originalRequest?.messageRequest.case, "listServices");
    call.end();
    assert.equal((await call.ended).code, StatusCode.OK);
  }
});

test("a symbol's file comes with all that it imports, each once over a stream (S5)", async (t) => {
  const call = await open(t);
  const first = await filesFor(call, { case: "fileContainingSymbol", value: "envoy.config.cluster.v3.Cluster" });
  assert.equal(first[0]?.name, "envoy/config/cluster/v3/cluster.proto");
  // Complete, or this throws.
  const registry = createFileRegistry(
    create(FileDescriptorSetSchema, { file: first.toReversed().toSorted(byImports(first)) }),
  );
  assert.ok(registry.getMessage("envoy.config.core.v3.Address"));
  const again = await filesFor(call, { case: "fileContainingSymbol", value: "envoy.config.listener.v3.Listener" });
  assert.equal(again[0]?.name, "envoy/config/listener/v3/listener.proto");
  const names = first.map(({ name }) => name);
  assert.deepEqual(
    again.filter(({ name }) => names.includes(name)),
    [],
  );
});

test("symbols of every kind are found (S5)", async (t) => {
  const call = await open(t);
  for (const [symbol, file] of [
    ["envoy.service.discovery.v3.AggregatedDiscoveryService", "envoy/service/discovery/v3/ads.proto"],
    [
      "envoy.service.discovery.v3.AggregatedDiscoveryService.StreamAggregatedResources",
      "envoy/service/discovery/v3/ads.proto",
    ],
    ["envoy.config.cluster.v3.Cluster.name", "envoy/config/cluster/v3/cluster.proto"],
    ["envoy.config.cluster.v3.Cluster.LbPolicy", "envoy/config/cluster/v3/cluster.proto"],
    ["envoy.config.cluster.v3.Cluster.ROUND_ROBIN", "envoy/config/cluster/v3/cluster.proto"],
    ["envoy.config.cluster.v3.Cluster.cluster_discovery_type", "envoy/config/cluster/v3/cluster.proto"],
    ["envoy.config.core.v3.GET", "envoy/config/core/v3/base.proto"],
    ["validate.rules", "validate/validate.proto"],
    ["grpc.health.v1.Health.Check", "grpc/health/v1/health.proto"],
  ] as const) {
    const [found] = await filesFor(call, { case: "fileContainingSymbol", value: symbol });
    assert.equal(found?.name, file, symbol);
  }
});

test("files by name, extensions by number, and all numbers of a type (S5)", async (t) => {
  const call = await open(t);
  const [file] = await filesFor(call, { case: "fileByFilename", value: "envoy/type/v3/percent.proto" });
  assert.equal(file?.package, "envoy.type.v3");
  const containingType = "google.protobuf.FieldOptions";
  const extension: Asked = { case: "fileContainingExtension", value: { containingType, extensionNumber: 1071 } };
  assert.equal((await filesFor(call, extension))[0]?.name, "validate/validate.proto");
  call.send({ messageRequest: { case: "allExtensionNumbersOfType", value: containingType } });
  const { messageResponse } = await call.next();
  assert.ok(messageResponse.case === "allExtensionNumbersResponse");
  assert.equal(messageResponse.value.baseTypeName, containingType);
  assert.ok(messageResponse.value.extensionNumber.includes(1071));
});

test("what is not there is an error in the answer, and the stream goes on (S5)", async (t) => {
  const call = await open(t);
  const value = { containingType: "google.protobuf.FieldOptions", extensionNumber: 4 };
  assert.equal(await errorFor(call, { case: "fileByFilename", value: "no.proto" }), StatusCode.NOT_FOUND);
  assert.equal(await errorFor(call, { case: "fileContainingSymbol", value: "no.Symbol" }), StatusCode.NOT_FOUND);
  assert.equal(await errorFor(call, { case: "fileContainingExtension", value }), StatusCode.NOT_FOUND);
  assert.equal(await errorFor(call, { case: "allExtensionNumbersOfType", value: "no.Type" }), StatusCode.NOT_FOUND);
  call.send({});
  assert.equal((await call.ended).code, StatusCode.INVALID_ARGUMENT);
});

/** A registry wants files behind what they import. */
function byImports(files: readonly FileDescriptorProto[]): (a: FileDescriptorProto, b: FileDescriptorProto) => number {
  const depth = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depth.get(name);
    if (known !== undefined) return known;
    const imports = files.find((file) => file.name === name)?.dependency ?? [];
    const found = 1 + Math.max(0, ...imports.map(depthOf));
    depth.set(name, found);
    return found;
  };
  return (a, b) => depthOf(a.name) - depthOf(b.name);
}
