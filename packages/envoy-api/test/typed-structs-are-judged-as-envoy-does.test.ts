import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeDeterministic,
  factsOf,
  loadSchema,
  resourceFromJson,
  TYPE_URLS,
  typeUrlOf,
  validateMessage,
} from "@fairlead/envoy-api";
import { requireTool } from "../../../test/support/tools.ts";
import { askEnvoy } from "../scripts/compare/ask-envoy.ts";

const schema = loadSchema();
const STRUCTS = ["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"] as const;
const AUTHZ = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";
const BUFFER = "envoy.extensions.filters.http.buffer.v3.Buffer";

/** What a `TypedStruct` may hold; whether it is taken, and if not, where the fault is. */
const CASES: readonly { readonly type: string; readonly value?: unknown; readonly at?: string }[] = [
  { type: BUFFER, value: { max_request_bytes: 5 } },
  { type: BUFFER, value: { maxRequestBytes: 5 } },
  { type: BUFFER, value: { max_request_bytes: "5" } },
  { type: AUTHZ, value: { http_service: service("1s") } },
  // Rules, shapes and what is required, within the struct.
  { type: BUFFER, value: { max_request_bytes: 0 }, at: "/value/maxRequestBytes" },
  { type: BUFFER, value: {}, at: "/value/maxRequestBytes" },
  { type: BUFFER, at: "/value/maxRequestBytes" },
  { type: BUFFER, value: { max_bytes: 5 }, at: "/value/max_bytes" },
  { type: BUFFER, value: { max_request_bytes: "many" }, at: "/value/max_request_bytes" },
  { type: AUTHZ, value: { http_service: service("soon") }, at: "/value/http_service/server_uri/timeout" },
  { type: AUTHZ, value: { http_service: service("-1s") }, at: "/value/httpService/serverUri/timeout" },
];

test("what a TypedStruct holds is judged as the type that it names, and Envoy agrees", async (t) => {
  const envoy = requireTool("envoy");
  if ("skip" in envoy) return t.skip(envoy.skip);
  const all = STRUCTS.flatMap((struct) => CASES.map((one) => ({ ...one, struct })));
  const bootstraps = all.map(({ struct, type, value }) => bootstrapOf(listenerOf(struct, type, value)));
  const verdicts = await askEnvoy(envoy.path, bootstraps as never, 2);
  for (const [index, { struct, type, value, at }] of all.entries()) {
    const what = `${struct} ${type} ${JSON.stringify(value)}`;
    const pointers = faultsIn(listenerOf(struct, type, value));
    assert.deepEqual(
      pointers.length === 0 ? undefined : pointers.map((it) => it.slice(it.lastIndexOf("/value"))).at(0),
      at,
      what,
    );
    assert.equal(verdicts[index] === undefined, at === undefined, `Envoy on ${what}: ${verdicts[index]}`);
  }
});

test("a TypedStruct of a type that nobody knows is taken, and may refer to anything", () => {
  for (const struct of STRUCTS) {
    const read = resourceFromJson(schema, listenerOf(struct, "acme.Filter", { cluster: "c" }));
    assert.ok(read.ok);
    assert.equal(factsOf(schema, read.typeUrl, read.message).isOpaque, true);
    const known = resourceFromJson(schema, listenerOf(struct, AUTHZ, { http_service: service("1s") }));
    assert.ok(known.ok);
    const { isOpaque, references } = factsOf(schema, known.typeUrl, known.message);
    assert.equal(isOpaque, false);
    assert.deepEqual(
      references.map(({ typeUrl, name, pointer }) => [typeUrl, name, pointer.slice(pointer.lastIndexOf("/value"))]),
      [[TYPE_URLS.cluster, "c", "/value/httpService/serverUri/cluster"]],
    );
  }
});

test("a TypedStruct is encoded the same in whatever order it was written", () => {
  for (const struct of STRUCTS) {
    const values = [
      { a: 1, b: { d: [{ f: 1, e: 2 }], c: null } },
      { b: { c: null, d: [{ e: 2, f: 1 }] }, a: 1 },
    ];
    const [one, other] = values.map((value) => {
      const read = resourceFromJson(schema, listenerOf(struct, "acme.Filter", value));
      assert.ok(read.ok);
      return Buffer.from(encodeDeterministic(schema, read.desc, read.message)).toString("base64");
    });
    assert.equal(one, other);
  }
});

function service(timeout: string) {
  return { server_uri: { uri: "http://c", cluster: "c", timeout } };
}

function listenerOf(struct: string, type: string, value: unknown) {
  const filter = {
    name: "f",
    typed_config: { "@type": typeUrlOf(struct), type_url: typeUrlOf(type), ...(value === undefined ? {} : { value }) },
  };
  const router = {
    name: "router",
    typed_config: { "@type": typeUrlOf("envoy.extensions.filters.http.router.v3.Router") },
  };
  const manager = {
    "@type": typeUrlOf("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "s",
    route_config: {},
    http_filters: [filter, router],
  };
  return {
    "@type": TYPE_URLS.listener,
    name: "l",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "hcm", typed_config: manager }] }],
  };
}

function bootstrapOf({ "@type": _, ...listener }: ReturnType<typeof listenerOf>) {
  const cluster = { name: "c", connect_timeout: "1s", type: "STATIC", load_assignment: { cluster_name: "c" } };
  return { static_resources: { listeners: [listener], clusters: [cluster] } };
}

/** Pointers of what is wrong with a resource: its shape or, if that is well, its rules. */
function faultsIn(json: unknown): readonly string[] {
  const read = resourceFromJson(schema, json);
  if (!read.ok) return read.faults.map(({ pointer }) => pointer);
  return validateMessage(schema, read.desc, read.message).map(({ pointer }) => pointer);
}
