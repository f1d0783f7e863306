import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { readResource, XdsError } from "@fairlead/xds";

const schema = loadSchema();
const cluster = { "@type": TYPE_URLS.cluster, name: "a", connectTimeout: "1s" };

test("a resource read from JSON knows its name, version and what it refers to", () => {
  const resource = readResource(schema, { ...cluster, type: "EDS", edsClusterConfig: { edsConfig: { ads: {} } } });
  assert.equal(resource.typeUrl, TYPE_URLS.cluster);
  assert.equal(resource.name, "a");
  assert.match(resource.version, /^[\w-]{16}$/);
  assert.deepEqual(
    resource.facts.references.map(({ typeUrl, name }) => [typeUrl, name]),
    [[TYPE_URLS.endpoints, "a"]],
  );
});

test("equal JSON is the same resource, whatever the order and spelling of its fields", () => {
  assert.equal(
    readResource(schema, cluster),
    readResource(schema, { connect_timeout: "1s", name: "a", "@type": TYPE_URLS.cluster }),
  );
});

test("an unknown field is refused with its place and the nearest name", () => {
  assert.throws(
    () => readResource(schema, { ...cluster, conectTimeout: "2s" }),
    (error) =>
      error instanceof XdsError &&
      error.code === "invalid-resource" &&
      /^a is not valid:\n {2}\/conectTimeout: .*connectTimeout/.test(error.message),
  );
});

test("what breaks Envoy's rules is refused in the input's own spelling, unless told otherwise", () => {
  const broken = { "@type": TYPE_URLS.cluster, name: "a", connect_timeout: "0s" };
  assert.throws(() => readResource(schema, broken), /\/connect_timeout: /);
  assert.equal(readResource(schema, broken, { validate: false }).name, "a");
});
