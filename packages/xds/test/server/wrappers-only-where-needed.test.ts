// protocol.md W7, D7
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { adsPath } from "../../src/client/services.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { RESOURCE_WRAPPER_TYPE_URL } from "../../src/wire/resource-wrapper.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { readDiscoveryResponse } from "../../src/wire/sotw-response.ts";
import { commit, resource, shareConnection, startServer } from "./started-server.ts";

const { cluster } = TYPE_URLS;
/** Who does not say so is sent no ttl (O3). */
const clientFeatures = ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"];

test("SotW wraps resources with aliases or a ttl, and no others (W7)", async (t) => {
  const { cache, target } = await startServer(t);
  commit(cache, [
    resource(cluster, "plain"),
    resource(cluster, "also", "", { aliases: ["alias"] }),
    resource(cluster, "brief", "", { ttlMs: 30_000 }),
  ]);
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const call = shareConnection(t, target).call(adsPath("sotw"), { onMessage: resolve, onEnd: () => {} });
  call.send(writeDiscoveryRequest({ typeUrl: cluster, node: encodeNode({ id: "n", clientFeatures }) }));
  const { resources } = readDiscoveryResponse(await promise);
  const types = resources.map(({ typeUrl }) => typeUrl);
  assert.deepEqual(types, [RESOURCE_WRAPPER_TYPE_URL, RESOURCE_WRAPPER_TYPE_URL, cluster]);
  call.cancel();
});

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: aliases, ttl and content arrive (W7)`, async (t) => {
    const { cache, stream } = await startServer(t);
    const both = { aliases: ["alias"], ttlMs: 30_500 };
    commit(cache, [resource(cluster, "plain", "x"), resource(cluster, "both", "y", both)]);
    const ads = stream({ mode, node: { id: "n", clientFeatures } });
    ads.subscribe(cluster);
    const [first, second] = (await ads.nextAcked()).resources;
    assert.deepEqual([first!.name, first!.aliases, first!.ttlMs], ["both", ["alias"], 30_500]);
    assert.deepEqual([second!.name, second!.aliases, second!.ttlMs], ["plain", [], undefined]);
    for (const each of [first!, second!]) {
      assert.equal(each.typeUrl, cluster);
      const sent = each.name === "plain" ? resource(cluster, "plain", "x") : resource(cluster, "both", "y", both);
      assert.deepEqual(Buffer.from(each.value!), Buffer.from(sent.value));
      if (mode === "delta") assert.equal(each.version, sent.version);
    }
  });
}
