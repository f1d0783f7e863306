import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadSchema, normalize, resourceFromJson, resourceToJson, TYPE_URLS, typeUrlOf } from "@fairlead/envoy-api";
import { makeCase } from "../scripts/compare/make-case.ts";
import { CLUSTER, LISTENER, listenerOf, read } from "./reads.ts";

const schema = loadSchema();

test("JSON comes back as it went in, Any in Any included", () => {
  const router = { "@type": typeUrlOf("envoy.extensions.filters.http.router.v3.Router"), suppressEnvoyHeaders: true };
  const json = {
    "@type": TYPE_URLS.listener,
    name: "l",
    filterChains: [
      {
        filters: [
          {
            name: "hcm",
            typedConfig: {
              "@type": typeUrlOf("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
              statPrefix: "s",
              streamIdleTimeout: "1.500s",
              httpFilters: [{ name: "router", typedConfig: router }],
            },
          },
        ],
      },
    ],
  };
  const resource = resourceFromJson(schema, json);
  assert.ok(resource.ok);
  assert.deepEqual(resourceToJson(schema, resource.typeUrl, resource.value), json);
});

test("a type URL of another host is the same type", () => {
  const found = resourceFromJson(schema, { "@type": "example.com/envoy.config.cluster.v3.Cluster", name: "c" });
  assert.ok(found.ok);
  assert.equal(found.typeUrl, TYPE_URLS.cluster);
});

test("field names as in the .proto files and in camelCase mean the same", () => {
  const snake = read(CLUSTER, { name: "c", connect_timeout: "1s", lb_policy: "RANDOM" });
  const camel = read(CLUSTER, { name: "c", connectTimeout: "1s", lbPolicy: "RANDOM" });
  assert.deepEqual(snake.value, camel.value);
});

test("any generated resource survives JSON, bytes, JSON", () => {
  for (let number = 0; number < 200; number++) {
    const { resource } = makeCase(schema, 99, number);
    const first = resourceFromJson(schema, resource);
    if (!first.ok) continue;
    const json = resourceToJson(schema, first.typeUrl, first.value);
    const second = resourceFromJson(schema, json);
    assert.ok(second.ok, JSON.stringify(second.faults));
    assert.deepEqual(second.value, first.value);
    assert.deepEqual(normalize(schema, first.typeUrl, first.value), first.value);
  }
});

describe("a Resource wrapper", () => {
  const resource = { "@type": TYPE_URLS.cluster, name: "inner", connect_timeout: "1s" };
  const wrapper = { "@type": typeUrlOf("envoy.service.discovery.v3.Resource"), resource };

  test("gives a name, aliases and a ttl of its own", () => {
    const found = resourceFromJson(schema, { ...wrapper, name: "outer", aliases: ["a", "b"], ttl: "1.5s" });
    assert.ok(found.ok);
    const { typeUrl, name, aliases, ttlMs, pointer } = found;
    assert.deepEqual(
      { typeUrl, name, aliases, ttlMs, pointer },
      { typeUrl: TYPE_URLS.cluster, name: "outer", aliases: ["a", "b"], ttlMs: 1500, pointer: "/resource" },
    );
    assert.deepEqual(found.value, read(CLUSTER, { name: "inner", connect_timeout: "1s" }).value);
  });

  test("leaves the name to the resource where it has none", () => {
    const found = resourceFromJson(schema, wrapper);
    assert.ok(found.ok);
    assert.deepEqual([found.name, found.aliases, found.ttlMs], ["inner", [], undefined]);
  });

  test("is refused with what this server does not pass on, or with nothing in it", () => {
    const locked = resourceFromJson(
      schema,
      { ...wrapper, cache_control: { do_not_cache: true } },
      { pointer: "/resources/3" },
    );
    assert.deepEqual(
      locked.faults.map((it) => [it.pointer, it.code]),
      [["/resources/3/cache_control", "not_carried"]],
    );
    const empty = resourceFromJson(schema, { "@type": wrapper["@type"], name: "n" });
    assert.deepEqual(
      empty.faults.map((it) => [it.pointer, it.code]),
      [["/resource", "missing_type"]],
    );
  });
});

test("a listener's filters in any order of keys give the same bytes", () => {
  const one = read(LISTENER, { ...listenerOf({}), stat_prefix: "p" });
  const other = read(LISTENER, Object.fromEntries(Object.entries({ ...listenerOf({}), stat_prefix: "p" }).reverse()));
  assert.deepEqual(one.value, other.value);
});
