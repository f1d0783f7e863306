import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, spellPointer, typeUrlOf, validateMessage } from "@fairlead/envoy-api";
import { CLUSTER, LISTENER, listenerOf, read } from "./reads.ts";

const schema = loadSchema();

function violations(typeName: string, fields: object) {
  const { desc, message } = read(typeName, fields);
  return validateMessage(schema, desc, message).map((it) => [it.pointer, it.rule, it.member]);
}

test("a broken rule deep in Any in Any is told with its pointer, rule and field; all of them are", () => {
  const buffer = {
    name: "buffer",
    typed_config: { "@type": typeUrlOf("envoy.extensions.filters.http.buffer.v3.Buffer"), max_request_bytes: 0 },
  };
  const found = violations(
    LISTENER,
    listenerOf({ stat_prefix: "", route_config: { virtual_hosts: [{ name: "v" }] }, http_filters: [buffer] }),
  );
  const manager = "/filterChains/0/filters/0/typedConfig";
  assert.deepEqual(found, [
    [
      `${manager}/statPrefix`,
      "string.min_len",
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.stat_prefix",
    ],
    [
      `${manager}/routeConfig/virtualHosts/0/domains`,
      "repeated.min_items",
      "envoy.config.route.v3.VirtualHost.domains",
    ],
    [
      `${manager}/httpFilters/0/typedConfig/maxRequestBytes`,
      "uint32.gt",
      "envoy.extensions.filters.http.buffer.v3.Buffer.max_request_bytes",
    ],
  ]);
});

test("a TypedStruct is checked as the type that it stands for", () => {
  const buffer = {
    name: "buffer",
    typed_config: {
      "@type": typeUrlOf("xds.type.v3.TypedStruct"),
      type_url: typeUrlOf("envoy.extensions.filters.http.buffer.v3.Buffer"),
      value: { max_request_bytes: 0 },
    },
  };
  const found = violations(LISTENER, listenerOf({ route_config: {}, http_filters: [buffer] }));
  assert.deepEqual(
    found.map(([pointer]) => pointer),
    ["/filterChains/0/filters/0/typedConfig/httpFilters/0/typedConfig/value/maxRequestBytes"],
  );
});

test("a pointer of the caller's goes before", () => {
  const { desc, message } = read(CLUSTER, { name: "c", connect_timeout: "0s" });
  assert.deepEqual(
    validateMessage(schema, desc, message, { pointer: "/resources/1" }).map((it) => it.pointer),
    ["/resources/1/connectTimeout"],
  );
});

test("a pointer is spelled as the input spells it", () => {
  const input = { filter_chains: [{ transportSocket: { typed_config: {} } }], load_assignment: {}, map: { x: 1 } };
  assert.equal(
    spellPointer(input, "/filterChains/0/transportSocket/typedConfig"),
    "/filter_chains/0/transportSocket/typed_config",
  );
  assert.equal(spellPointer(input, "/statPrefix"), "/stat_prefix", "a field that is not there, like its neighbours");
  assert.equal(spellPointer({ statPrefix: "" }, "/httpFilters"), "/httpFilters");
  assert.equal(spellPointer(input, "/loadAssignment/clusterName"), "/load_assignment/clusterName");
});
