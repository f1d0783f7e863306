import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, loadSchema, resourceFromJson, TYPE_URLS, typeUrlOf } from "@fairlead/envoy-api";
import { LISTENER, listenerOf } from "./reads.ts";

const schema = loadSchema();

function faultsOf(json: unknown, pointer = ""): readonly Fault[] {
  return resourceFromJson(schema, json, { pointer }).faults;
}

function cluster(fields: object): readonly Fault[] {
  return faultsOf({ "@type": TYPE_URLS.cluster, name: "c", ...fields });
}

test("an unknown field: its pointer and the nearest known one, in the input's spelling", () => {
  const [snake] = cluster({ conect_timeout: "1s" });
  assert.deepEqual(
    [snake?.pointer, snake?.code, snake?.nearest],
    ["/conect_timeout", "unknown_field", "connect_timeout"],
  );
  const [camel] = cluster({ conectTimeout: "1s" });
  assert.equal(camel?.nearest, "connectTimeout");
  const [none] = cluster({ zzzzzzzz: 1 });
  assert.equal(none?.nearest, undefined);
});

test("an unknown type: the nearest known one, first of the same last name", () => {
  const [typo] = faultsOf({ "@type": typeUrlOf("envoy.config.cluster.v3.Clusterr") });
  assert.deepEqual([typo?.pointer, typo?.code, typo?.nearest], ["/@type", "unknown_type", TYPE_URLS.cluster]);
  const [old] = faultsOf({ "@type": typeUrlOf("envoy.config.filter.http.router.v2.Router") });
  assert.equal(old?.nearest, typeUrlOf("envoy.extensions.filters.http.router.v3.Router"));
  const [bare] = faultsOf({ "@type": "envoy.config.cluster.v3.Cluster" });
  assert.equal(bare?.nearest, TYPE_URLS.cluster, "a type URL has a slash");
});

test("an unknown enum value: the nearest, or what there is", () => {
  const [near] = cluster({ type: "EDSS" });
  assert.deepEqual([near?.pointer, near?.code, near?.nearest], ["/type", "unknown_value", "EDS"]);
  const [begun] = cluster({ lb_policy: "ROUND" });
  assert.equal(begun?.nearest, "ROUND_ROBIN");
  const [far] = cluster({ type: "ZZZZZZ" });
  assert.match(far?.message ?? "", /one of STATIC, STRICT_DNS/);
});

test("a value of a wrong type: what was expected", () => {
  const expectations: readonly [object, string, RegExp][] = [
    [{ connect_timeout: 1 }, "/connect_timeout", /duration/],
    [{ connect_timeout: "1" }, "/connect_timeout", /duration/],
    [{ connect_timeout: "1.0000000001s" }, "/connect_timeout", /duration/],
    [{ name: 1 }, "/name", /string/],
    [{ respect_dns_ttl: "yes" }, "/respect_dns_ttl", /true or false/],
    [{ per_connection_buffer_limit_bytes: -1 }, "/per_connection_buffer_limit_bytes", /integer from 0 to 4294967295/],
    [{ per_connection_buffer_limit_bytes: 1.5 }, "/per_connection_buffer_limit_bytes", /integer/],
    [{ health_checks: {} }, "/health_checks", /array/],
    [{ health_checks: [1] }, "/health_checks/0", /object/],
    [{ metadata: { filter_metadata: [] } }, "/metadata/filter_metadata", /object/],
    [{ metadata: { filter_metadata: { a: 1 } } }, "/metadata/filter_metadata/a", /object/],
    [{ load_assignment: "x" }, "/load_assignment", /object \(envoy.config.endpoint.v3.ClusterLoadAssignment\)/],
    [
      { common_lb_config: { healthy_panic_threshold: { value: "much" } } },
      "/common_lb_config/healthy_panic_threshold/value",
      /number/,
    ],
  ];
  for (const [fields, pointer, expected] of expectations) {
    const [fault, ...more] = cluster(fields);
    assert.equal(more.length, 0, JSON.stringify(fields));
    assert.deepEqual([fault?.pointer, fault?.code], [pointer, "wrong_type"], JSON.stringify(fields));
    assert.match(fault?.expected ?? "", expected);
  }
});

test("what ProtoJSON allows is no fault", () => {
  const fine = [
    { per_connection_buffer_limit_bytes: "32768" },
    { per_connection_buffer_limit_bytes: 3.2768e4 },
    { type: 3 },
    { type: null, health_checks: null },
    { common_lb_config: { healthy_panic_threshold: { value: "5.5" } } },
    { metadata: { filter_metadata: { a: { b: [1, null, { c: "d" }] } } } },
  ];
  for (const fields of fine) assert.deepEqual(cluster(fields), [], JSON.stringify(fields));
});

test("every fault is told, not just the first", () => {
  const found = cluster({
    nam: 1,
    type: "X",
    load_assignment: { endpoints: [{ lb_endpoints: [{ endpont: {} }, { endpoint: 7 }] }] },
  });
  assert.deepEqual(
    found.map((it) => it.pointer),
    [
      "/nam",
      "/type",
      "/load_assignment/endpoints/0/lb_endpoints/0/endpont",
      "/load_assignment/endpoints/0/lb_endpoints/1/endpoint",
    ],
  );
});

test("faults within Any within Any have their pointers too, below a prefix of the caller's", () => {
  const filter = {
    name: "router",
    typed_config: { "@type": typeUrlOf("envoy.extensions.filters.http.router.v3.Router"), dynamic_statss: true },
  };
  const [fault] = faultsOf({ "@type": typeUrlOf(LISTENER), ...listenerOf({ http_filters: [filter] }) }, "/resources/2");
  assert.equal(
    fault?.pointer,
    "/resources/2/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/dynamic_statss",
  );
  assert.equal(fault?.nearest, "dynamic_stats");
});

test("a TypedStruct is read as the type that it names, if that is known", () => {
  const struct = (type_url: string) => ({
    "@type": typeUrlOf("xds.type.v3.TypedStruct"),
    type_url,
    value: { dynamic_statss: 1 },
  });
  const filters = (type: string) =>
    listenerOf({ http_filters: [{ name: "f", typed_config: struct(typeUrlOf(type)) }] });
  const faults = (type: string) => faultsOf({ "@type": typeUrlOf(LISTENER), ...filters(type) }).map((it) => it.pointer);
  assert.deepEqual(faults("envoy.extensions.filters.http.router.v3.Router"), [
    "/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/value/dynamic_statss",
  ]);
  assert.deepEqual(faults("acme.Filter"), []);
});

test("a field set twice and two members of a oneof", () => {
  const [twice] = cluster({ connect_timeout: "1s", connectTimeout: "2s" });
  assert.deepEqual([twice?.pointer, twice?.code], ["/connectTimeout", "set_twice"]);
  const [oneof] = cluster({ type: "EDS", cluster_type: { name: "x" } });
  assert.deepEqual([oneof?.pointer, oneof?.code], ["/cluster_type", "set_twice"]);
});

test("no resource at all", () => {
  assert.equal(faultsOf([])[0]?.code, "wrong_type");
  assert.equal(faultsOf(null)[0]?.code, "wrong_type");
  assert.equal(faultsOf({ name: "c" })[0]?.code, "missing_type");
  assert.equal(faultsOf({ "@type": 7 })[0]?.code, "wrong_type");
  assert.equal(faultsOf({}).length, 1);
  assert.deepEqual(
    faultsOf({ "@type": TYPE_URLS.cluster }, "/a").map((it) => [it.pointer, it.code]),
    [["/a", "missing_name"]],
  );
});

test("pointers escape what JSON pointers must", () => {
  assert.deepEqual(
    cluster({ "a/b~c": 1 }).map((it) => it.pointer),
    ["/a~1b~0c"],
  );
});

test("endless nesting ends", () => {
  let json: object = {};
  for (let depth = 0; depth < 5000; depth++)
    json = { "@type": typeUrlOf("envoy.config.core.v3.TypedExtensionConfig"), name: "n", typed_config: json };
  assert.ok(faultsOf(json).some((it) => it.code === "too_deep"));
});
