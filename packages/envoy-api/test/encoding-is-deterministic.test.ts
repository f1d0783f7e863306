import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import {
  decode,
  EnvoyApiError,
  encodeDeterministic,
  loadSchema,
  normalize,
  resourceToJson,
  TYPE_URLS,
  typeUrlOf,
} from "@fairlead/envoy-api";
import { ClusterSchema } from "@fairlead/envoy-api/envoy/config/cluster/v3/cluster_pb";
import { MetadataSchema } from "@fairlead/envoy-api/envoy/config/core/v3/base_pb";
import { TypedExtensionConfigSchema } from "@fairlead/envoy-api/envoy/config/core/v3/extension_pb";

const schema = loadSchema();
const clusterDesc = schema.messageOf(TYPE_URLS.cluster)!;

function metadata(keys: readonly string[]) {
  const filterMetadata = Object.fromEntries(
    keys.map((key) => [key, Object.fromEntries(keys.map((inner) => [inner, 1]))]),
  );
  return create(MetadataSchema, { filterMetadata });
}

/** A cluster with maps at the top, in structs, and in an Any in a map in an Any. */
function clusterWith(keys: readonly string[]) {
  const inner = anyPack(
    TypedExtensionConfigSchema,
    create(TypedExtensionConfigSchema, { name: "n", typedConfig: anyPack(MetadataSchema, metadata(keys)) }),
  );
  const typedExtensionProtocolOptions = Object.fromEntries(keys.map((key) => [key, inner]));
  return create(ClusterSchema, { name: "c", metadata: metadata(keys), typedExtensionProtocolOptions });
}

test("maps in any order give the same bytes, in Any in Any too", () => {
  const [one, other] = [clusterWith(["b", "a", "c"]), clusterWith(["c", "b", "a"])];
  assert.notDeepEqual(toBinary(ClusterSchema, one), toBinary(ClusterSchema, other), "as they stand they differ");
  assert.deepEqual(encodeDeterministic(schema, clusterDesc, one), encodeDeterministic(schema, clusterDesc, other));
  assert.deepEqual(
    normalize(schema, TYPE_URLS.cluster, toBinary(ClusterSchema, one)),
    encodeDeterministic(schema, clusterDesc, other),
  );
});

test("the message is left as it was, and the content is the same", () => {
  const message = clusterWith(["b", "a"]);
  const before = structuredClone(message);
  const bytes = encodeDeterministic(schema, clusterDesc, message);
  assert.deepEqual(message, before);
  assert.deepEqual(
    resourceToJson(schema, TYPE_URLS.cluster, bytes),
    resourceToJson(schema, TYPE_URLS.cluster, toBinary(ClusterSchema, message)),
  );
});

test("fields that the schema lacks are kept", () => {
  const future = new Uint8Array([...toBinary(ClusterSchema, clusterWith(["a"])), 0xfa, 0xff, 0x0f, 1, 65]);
  const bytes = normalize(schema, TYPE_URLS.cluster, future);
  assert.deepEqual(
    decode(clusterDesc, bytes).$unknown?.map((it) => it.no),
    [32767],
  );
});

test("bytes that are no message are refused, and so is what nests without end", () => {
  const wrong = create(ClusterSchema, {
    typedExtensionProtocolOptions: {
      a: create(AnySchema, { typeUrl: TYPE_URLS.cluster, value: new Uint8Array([0xff]) }),
    },
  });
  assert.throws(() => encodeDeterministic(schema, clusterDesc, wrong), hasCode("bytes_invalid"));
  assert.throws(() => normalize(schema, TYPE_URLS.cluster, new Uint8Array([0xff])), hasCode("bytes_invalid"));
  let any = create(AnySchema);
  for (let depth = 0; depth < 200; depth++)
    any = anyPack(TypedExtensionConfigSchema, create(TypedExtensionConfigSchema, { typedConfig: any }));
  assert.throws(
    () => normalize(schema, typeUrlOf("envoy.config.core.v3.TypedExtensionConfig"), any.value),
    hasCode("too_deep"),
  );
});

test("bytes of a type that the schema lacks are passed through", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  assert.equal(normalize(schema, "type.googleapis.com/acme.Thing", bytes), bytes);
});

function hasCode(code: string) {
  return (error: unknown) => error instanceof EnvoyApiError && error.code === code;
}
