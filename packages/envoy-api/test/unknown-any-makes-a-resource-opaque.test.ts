import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { factsOf, loadSchema, normalize, resourceToJson, TYPE_URLS, validateMessage } from "@fairlead/envoy-api";
import {
  FilterChainSchema,
  FilterSchema as NetworkFilterSchema,
} from "@fairlead/envoy-api/envoy/config/listener/v3/listener_components_pb";
import { ListenerSchema } from "@fairlead/envoy-api/envoy/config/listener/v3/listener_pb";

const schema = loadSchema();
const unknown = create(AnySchema, { typeUrl: "type.googleapis.com/acme.Filter", value: new Uint8Array([0xff, 1, 2]) });
const listener = create(ListenerSchema, {
  name: "l",
  filterChains: [
    create(FilterChainSchema, {
      filters: [create(NetworkFilterSchema, { name: "f", configType: { case: "typedConfig", value: unknown } })],
    }),
  ],
});

test("a type that the schema lacks makes the facts incomplete, and says so", () => {
  assert.equal(factsOf(schema, TYPE_URLS.listener, listener).isOpaque, true);
});

test("its bytes are kept as they are", () => {
  const bytes = normalize(schema, TYPE_URLS.listener, toBinary(ListenerSchema, listener));
  const config = fromBinary(ListenerSchema, bytes).filterChains[0]?.filters[0]?.configType;
  assert.ok(config?.case === "typedConfig");
  assert.deepEqual(config.value.value, unknown.value);
});

test("its rules are not known, those around it are", () => {
  const desc = schema.messageOf(TYPE_URLS.listener)!;
  assert.deepEqual(validateMessage(schema, desc, listener), []);
});

test("in JSON it shows its type and bytes, beside what is known", () => {
  const json = resourceToJson(schema, TYPE_URLS.listener, toBinary(ListenerSchema, listener));
  const config = { "@type": "type.googleapis.com/acme.Filter", value: "/wEC" };
  assert.deepEqual(json, {
    "@type": TYPE_URLS.listener,
    name: "l",
    filterChains: [{ filters: [{ name: "f", typedConfig: config }] }],
  });
});

test("an unset Any hides nothing", () => {
  const empty = create(NetworkFilterSchema, {
    name: "f",
    configType: { case: "typedConfig", value: create(AnySchema) },
  });
  const bare = create(ListenerSchema, { name: "l", filterChains: [create(FilterChainSchema, { filters: [empty] })] });
  assert.equal(factsOf(schema, TYPE_URLS.listener, bare).isOpaque, false);
});

test("a resource of a type that the schema lacks is opaque as a whole", () => {
  assert.equal(factsOf(schema, "type.googleapis.com/acme.Thing", unknown).isOpaque, true);
});
