// protocol.md O5
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, type Message } from "@bufbuild/protobuf";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { readResource } from "../../src/cache/read-resource.ts";
import { writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { writeDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeResourceName } from "../../src/wire/resource-name.ts";
import { encodeResourceWrapper, readResourceWrapper } from "../../src/wire/resource-wrapper.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { commit, namesIn, remove, startServer } from "./started-server.ts";

const { routes, cluster } = TYPE_URLS;
const schema = loadSchema();

/** A route configuration `r` for clients with a value of `env`. */
function variant(env: string, retries: string) {
  const constraint = { constraint: { key: "env", value: env } };
  return readResource(schema, {
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    resource_name: { name: "r", dynamic_parameter_constraints: constraint },
    resource: { "@type": routes, name: "r", response_headers_to_remove: [retries] },
  });
}

const parameters = (env: string) => new Map([["env", env]]);

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: a name with parameters is answered by the variant that is for them (O5)`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(cache, [variant("prod", "a"), variant("test", "b")]);
    const ask = (env: string) => {
      const client = stream({ mode });
      const locators = [{ name: "r", parameters: parameters(env) }];
      if (mode === "sotw") client.sendSotw({ typeUrl: routes, locators });
      else client.sendDelta({ typeUrl: routes, locators });
      return {
        nextAcked: async () => {
          if (mode === "delta") return await client.nextAcked(routes);
          // In SotW an ACK repeats the whole subscription.
          const { nonce, version: versionInfo, ...response } = await client.next(routes);
          client.sendSotw({ typeUrl: routes, locators, nonce, versionInfo });
          return response;
        },
        expectNothing: () => client.expectNothing(),
      };
    };
    const [prod, other] = [ask("prod"), ask("test")];
    assert.deepEqual(namesIn(await prod.nextAcked()), ["r"]);
    const first = await other.nextAcked();
    assert.deepEqual(namesIn(first), ["r"]);
    // A change of one concerns those that it is for.
    commit(cache, [variant("test", "c")]);
    const changed = await other.nextAcked();
    assert.notDeepEqual(changed.resources[0]?.value, first.resources[0]?.value);
    await prod.expectNothing();
    if (mode === "sotw") return;
    remove(cache, routes, [variant("prod", "a").name]);
    assert.deepEqual(namesIn(await prod.nextAcked()), ["-r"]);
  });

  test(`${mode}: a request with locators alone is no wildcard (O5)`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(
      cache,
      ["a", "b"].map((name) => readResource(schema, { "@type": cluster, name })),
    );
    const client = stream({ mode });
    const locators = [{ name: "a", parameters: new Map<string, string>() }];
    if (mode === "sotw") client.sendSotw({ typeUrl: cluster, locators });
    else client.sendDelta({ typeUrl: cluster, locators });
    assert.deepEqual(namesIn(await client.nextAcked(cluster)), ["a"]);
  });
}

test("requests and responses with variants are what the schema says (O5)", () => {
  const constraints = variant("prod", "a").variant!.value;
  const locators = [{ name: "r", parameters: parameters("prod") }];
  const decoded = (type: string, bytes: Uint8Array) =>
    fromBinary(schema.messageOf(`envoy.service.discovery.v3.${type}`)!, bytes) as Message & Record<string, unknown>;
  const expected = [{ name: "r", dynamicParameters: { env: "prod" } }];
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(/"\$typeName":"[^"]*",/g, ""));
  const sotw = decoded("DiscoveryRequest", writeDiscoveryRequest({ typeUrl: routes, locators }));
  assert.deepEqual(plain(sotw.resourceLocators), expected);
  const delta = decoded("DeltaDiscoveryRequest", writeDeltaDiscoveryRequest({ typeUrl: routes, locators }));
  assert.deepEqual(plain(delta.resourceLocatorsSubscribe), expected);

  const wrapper = encodeResourceWrapper({ name: "r", version: "1", any: undefined, constraints });
  const resource = decoded("Resource", wrapper);
  assert.equal(resource.name, "", "only one of name and resource_name may be set");
  const name = { name: "r", dynamicParameterConstraints: { type: { case: "constraint" } } };
  assert.partialDeepStrictEqual(plain(resource.resourceName), name);
  assert.equal(readResourceWrapper(wrapper).name, "r");
  const response = writeDeltaDiscoveryResponse({
    ...{ systemVersionInfo: "", typeUrl: routes, nonce: "n", resources: [], removed: [], controlPlaneId: "" },
    removedVariants: [encodeResourceName("r", constraints)],
  });
  assert.partialDeepStrictEqual(plain(decoded("DeltaDiscoveryResponse", response).removedResourceNames), [name]);
});
