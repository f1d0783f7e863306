import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, type JsonObject, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { NodeSchema } from "@fairlead/envoy-api/envoy/config/core/v3/base_pb";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
  ResourceSchema,
} from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";
import fc from "fast-check";
import { encodeAny } from "../../src/wire/any.ts";
import { readDeltaDiscoveryRequest, writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readDeltaDiscoveryResponse, writeDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeNode, readNode } from "../../src/wire/node.ts";
import { encodeResourceWrapper, readResourceWrapper } from "../../src/wire/resource-wrapper.ts";
import { readDiscoveryRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { readDiscoveryResponse, writeDiscoveryResponse } from "../../src/wire/sotw-response.ts";
import { readStatus } from "../../src/wire/status.ts";

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "grapheme", maxLength: 80 }));
const names = fc.array(text, { maxLength: 8 });
const bytes = fc.uint8Array({ maxLength: 300 });
const status = fc.record({ code: fc.nat(), message: text });
const version = fc.record({ majorNumber: fc.nat(), minorNumber: fc.nat(), patch: fc.nat() });
// protobuf-es itself loses a key "__proto__"
const key = text.filter((name) => name !== "__proto__");
const metadata = fc.dictionary(key, fc.jsonValue({ maxDepth: 4, noUnicodeString: false })) as fc.Arbitrary<JsonObject>;
const locality = fc.record({ region: text, zone: text, subZone: text });
const node = fc.record({ id: text, cluster: text, metadata, locality, userAgentName: text, clientFeatures: names });
const any = fc.record({ typeUrl: text, value: bytes });
const wrapper = fc.record({
  name: text,
  version: text,
  aliases: names,
  any: fc.option(any, { nil: undefined }),
  ttlMs: fc.option(fc.nat({ max: 2 ** 40 }), { nil: undefined }),
  doNotCache: fc.boolean(),
});

type Wrapper = typeof wrapper extends fc.Arbitrary<infer T> ? T : never;

function generatedWrapper(from: Wrapper): MessageInitShape<typeof ResourceSchema> {
  return {
    name: from.name,
    version: from.version,
    aliases: from.aliases,
    ...(from.any && { resource: from.any }),
    ...(from.ttlMs !== undefined && {
      ttl: { seconds: BigInt(Math.floor(from.ttlMs / 1000)), nanos: (from.ttlMs % 1000) * 1e6 },
    }),
    ...(from.doNotCache && { cacheControl: { doNotCache: true } }),
  };
}

function encodeWrapper(from: Wrapper): Uint8Array {
  return encodeResourceWrapper({ ...from, any: from.any && encodeAny(from.any.typeUrl, from.any.value) });
}

function readBack(from: Wrapper) {
  const { any: resource, ...rest } = from;
  return { ...rest, resource };
}

/** Plain bytes and objects, so that views of other classes compare equal. */
function plain<T>(value: T): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function equal(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

test("a DiscoveryRequest that protobuf-es wrote is read", () => {
  const request = fc.record({ versionInfo: text, responseNonce: text, typeUrl: text, resourceNames: names });
  const property = fc.property(request, fc.option(status, { nil: undefined }), node, (fields, errorDetail, from) => {
    const message = create(DiscoveryRequestSchema, { ...fields, ...(errorDetail && { errorDetail }), node: from });
    const read = readDiscoveryRequest(toBinary(DiscoveryRequestSchema, message));
    assert.equal(read.versionInfo, fields.versionInfo);
    assert.equal(read.nonce, fields.responseNonce);
    assert.equal(read.typeUrl, fields.typeUrl);
    assert.deepEqual(read.resourceNames, fields.resourceNames);
    equal(read.errorDetail, errorDetail);
    equal(readNode(read.node!), { ...from, userAgentVersion: "" });
  });
  fc.assert(property);
});

test("a DiscoveryRequest that we write is read by protobuf-es", () => {
  const request = fc.record({ versionInfo: text, nonce: text, typeUrl: text, resourceNames: names });
  const property = fc.property(request, fc.option(status, { nil: undefined }), node, (fields, errorDetail, from) => {
    const written = writeDiscoveryRequest({ ...fields, errorDetail, node: encodeNode(from) });
    const expected = create(DiscoveryRequestSchema, {
      versionInfo: fields.versionInfo,
      responseNonce: fields.nonce,
      typeUrl: fields.typeUrl,
      resourceNames: fields.resourceNames,
      node: from,
      ...(errorDetail && { errorDetail }),
    });
    equal(fromBinary(DiscoveryRequestSchema, written), expected);
  });
  fc.assert(property);
});

const deltaRequest = fc.record({
  typeUrl: text,
  subscribe: names,
  unsubscribe: names,
  versions: fc.dictionary(key, text),
  nonce: text,
  errorDetail: fc.option(status, { nil: undefined }),
});

type DeltaFields = typeof deltaRequest extends fc.Arbitrary<infer T> ? T : never;

function generatedDeltaRequest(fields: DeltaFields) {
  return create(DeltaDiscoveryRequestSchema, {
    typeUrl: fields.typeUrl,
    resourceNamesSubscribe: fields.subscribe,
    resourceNamesUnsubscribe: fields.unsubscribe,
    initialResourceVersions: fields.versions,
    responseNonce: fields.nonce,
    ...(fields.errorDetail && { errorDetail: fields.errorDetail }),
  });
}

test("a DeltaDiscoveryRequest that protobuf-es wrote is read", () => {
  const property = fc.property(deltaRequest, (fields) => {
    const read = readDeltaDiscoveryRequest(toBinary(DeltaDiscoveryRequestSchema, generatedDeltaRequest(fields)));
    const { versions, ...rest } = fields;
    const initialResourceVersions = new Map(Object.entries(versions));
    equal(read, { ...rest, initialResourceVersions, parameters: undefined, node: undefined });
  });
  fc.assert(property);
});

test("a DeltaDiscoveryRequest that we write is read by protobuf-es", () => {
  const property = fc.property(deltaRequest, (fields) => {
    const { versions, ...rest } = fields;
    const written = writeDeltaDiscoveryRequest({ ...rest, initialResourceVersions: new Map(Object.entries(versions)) });
    equal(fromBinary(DeltaDiscoveryRequestSchema, written), generatedDeltaRequest(fields));
  });
  fc.assert(property);
});

test("a DiscoveryResponse goes both ways", () => {
  const response = fc.record({ versionInfo: text, typeUrl: text, nonce: text, resources: fc.array(any) });
  const property = fc.property(response, fc.string(), (fields, identifier) => {
    const resources = fields.resources.map(({ typeUrl, value }) => encodeAny(typeUrl, value));
    const written = writeDiscoveryResponse({ ...fields, resources, controlPlaneId: identifier });
    const message = create(DiscoveryResponseSchema, { ...fields, ...(identifier && { controlPlane: { identifier } }) });
    equal(fromBinary(DiscoveryResponseSchema, written), message);
    const read = readDiscoveryResponse(toBinary(DiscoveryResponseSchema, message));
    equal(read, { ...fields, errors: [], controlPlaneId: identifier });
  });
  fc.assert(property);
});

test("a DeltaDiscoveryResponse goes both ways", () => {
  const response = fc.record({
    systemVersionInfo: text,
    typeUrl: text,
    nonce: text,
    resources: fc.array(wrapper, { maxLength: 4 }),
    removed: names,
  });
  const property = fc.property(response, fc.string(), ({ removed, resources, ...fields }, identifier) => {
    const encoded = resources.map(encodeWrapper);
    const written = writeDeltaDiscoveryResponse({ ...fields, removed, resources: encoded, controlPlaneId: identifier });
    const message = create(DeltaDiscoveryResponseSchema, {
      ...fields,
      removedResources: removed,
      resources: resources.map((each) => create(ResourceSchema, generatedWrapper(each))),
      ...(identifier && { controlPlane: { identifier } }),
    });
    equal(fromBinary(DeltaDiscoveryResponseSchema, written), message);
    const read = readDeltaDiscoveryResponse(toBinary(DeltaDiscoveryResponseSchema, message));
    equal(read, { ...fields, removed, resources: resources.map(readBack), errors: [], controlPlaneId: identifier });
  });
  fc.assert(property);
});

test("a framed response is the gRPC prefix and the response", () => {
  const response = { versionInfo: "1", typeUrl: "t", nonce: "n", resources: [encodeAny("t", Buffer.alloc(300))] };
  const body = writeDiscoveryResponse({ ...response, controlPlaneId: "c" });
  const framed = writeDiscoveryResponse({ ...response, controlPlaneId: "c" }, { framed: true });
  assert.deepEqual([...framed.subarray(0, 5)], [0, 0, 0, body.length >> 8, body.length & 0xff]);
  equal(framed.subarray(5), body);
  const delta = { ...response, systemVersionInfo: "1", removed: ["gone"], controlPlaneId: "" };
  const deltaFramed = Buffer.from(writeDeltaDiscoveryResponse(delta, { framed: true }));
  assert.equal(deltaFramed.readUInt32BE(1), deltaFramed.length - 5);
  equal(deltaFramed.subarray(5), writeDeltaDiscoveryResponse(delta));
});

test("a resource wrapper without body is a heartbeat", () => {
  const read = readResourceWrapper(encodeResourceWrapper({ name: "a", version: "1", any: undefined, ttlMs: 1500 }));
  assert.equal(read.resource, undefined);
  assert.equal(read.ttlMs, 1500);
});

test("a build version reads as text, and the last of the two kinds of version counts", () => {
  const property = fc.property(version, text, (build, userAgentVersion) => {
    const buildOnly = create(NodeSchema, {
      userAgentVersionType: { case: "userAgentBuildVersion", value: { version: build } },
    });
    const expected = `${build.majorNumber}.${build.minorNumber}.${build.patch}`;
    const encoded = toBinary(NodeSchema, buildOnly);
    assert.equal(readNode(encoded).userAgentVersion, expected);
    const textOnly = create(NodeSchema, {
      userAgentVersionType: { case: "userAgentVersion", value: userAgentVersion },
    });
    const textLast = Buffer.concat([encoded, toBinary(NodeSchema, textOnly)]);
    assert.equal(readNode(textLast).userAgentVersion, userAgentVersion);
    const buildLast = Buffer.concat([toBinary(NodeSchema, textOnly), encoded]);
    assert.equal(readNode(buildLast).userAgentVersion, expected);
  });
  fc.assert(property);
});

test("a negative status code keeps its sign", () => {
  const errorDetail = { code: -5, message: "m" };
  const message = create(DiscoveryRequestSchema, { errorDetail });
  assert.deepEqual(readDiscoveryRequest(toBinary(DiscoveryRequestSchema, message)).errorDetail, errorDetail);
  assert.deepEqual(readStatus(new Uint8Array()), { code: 0, message: "" });
});
