import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { announceClusters, ROUTE_FIELDS, routedClusters } from "../../src/wire/announce-clusters.ts";
import { realResource } from "../support/real-resource.ts";
import { routedBytes } from "../support/routed-bytes.ts";

const schema = loadSchema();
const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const PATH = "/fairlead.announced.x/clusters";
const ROUTES = {
  name: "r",
  virtual_hosts: [
    { name: "one", domains: ["one"], routes: [{ match: { prefix: "" }, route: { cluster: "a" } }] },
    {
      name: "two",
      domains: ["*"],
      routes: [
        {
          match: { prefix: "" },
          route: {
            weighted_clusters: { clusters: [{ name: "b", weight: 1 }] },
            request_mirror_policies: [{ cluster: "not called" }],
          },
        },
        { match: { prefix: "/x" }, redirect: {} },
        { match: { prefix: "/y" }, route: { cluster_header: "x-to" } },
      ],
    },
  ],
};
const LISTENER = {
  name: "l",
  api_listener: { api_listener: { "@type": HCM, stat_prefix: "s", route_config: ROUTES } },
};

test("the field numbers are the schema's", () => {
  for (const [name, fields] of Object.entries(ROUTE_FIELDS)) {
    const message = schema.messageOf(name);
    const numbers = Object.keys(fields).map((field) => [
      field,
      message?.fields.find((one) => one.name === field)?.number,
    ]);
    assert.deepEqual(Object.fromEntries(numbers), fields, name);
  }
});

describe("routes", () => {
  for (const [bearer, typeUrl, json] of [
    ["routes", TYPE_URLS.routes, ROUTES],
    ["listener", TYPE_URLS.listener, LISTENER],
  ] as const) {
    test(`name the clusters that calls are led to (${bearer})`, () => {
      assert.deepEqual([...routedClusters(bearer, realResource(typeUrl, json).value)], ["a", "b"]);
    });

    test(`get a valid route at the end of each virtual host, and are the same otherwise (${bearer})`, () => {
      const announcing = announceClusters(bearer, realResource(typeUrl, json).value, PATH, ["c", "d"])!;
      const weighted = {
        clusters: [
          { name: "c", weight: 1 },
          { name: "d", weight: 1 },
        ],
      };
      const route = { match: { path: PATH }, route: { weighted_clusters: weighted } };
      const announced = structuredClone(json);
      const config = "virtual_hosts" in announced ? announced : announced.api_listener.api_listener.route_config;
      for (const { routes } of config.virtual_hosts) (routes as unknown[]).push(route);
      assert.deepEqual(Buffer.from(announcing), Buffer.from(realResource(typeUrl, announced).value));
      assert.deepEqual([...routedClusters(bearer, announcing)], ["a", "c", "d", "b"]);
    });
  }

  test("without a virtual host have no place for an announcement", () => {
    assert.equal(announceClusters("routes", new Uint8Array(0), PATH, ["c"]), undefined);
    assert.equal(announceClusters("listener", new Uint8Array(0), PATH, ["c"]), undefined);
  });

  test("of the tests are what they say", () => {
    for (const [bearer, typeUrl] of [
      ["routes", TYPE_URLS.routes],
      ["listener", TYPE_URLS.listener],
    ] as const) {
      assert.deepEqual([...routedClusters(bearer, routedBytes(typeUrl, "n", ["a", "b"]))], ["a", "b"]);
    }
  });
});
