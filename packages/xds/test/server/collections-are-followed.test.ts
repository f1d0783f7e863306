// protocol.md O4
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, namesIn, remove, resource, startServer } from "./started-server.ts";

const { localityEndpoint } = TYPE_URLS;
const A = "xdstp://f/envoy.config.endpoint.v3.LbEndpoint/web/a?zone=1&env=x";
const B = "xdstp://f/envoy.config.endpoint.v3.LbEndpoint/web/b?env=x&zone=1";
const GLOB = "xdstp://f/envoy.config.endpoint.v3.LbEndpoint/web/*?env=x&zone=1";
const OTHER = "xdstp://f/envoy.config.endpoint.v3.LbEndpoint/other/a?env=x&zone=1";

for (const typeUrl of [undefined, localityEndpoint]) {
  test(`what comes and goes in a collection reaches who asked for it ${typeUrl ? "by LEDS" : "over ADS"} (O4)`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(cache, [resource(localityEndpoint, OTHER)]);
    const client = stream({ mode: "delta", ...(typeUrl && { typeUrl }) });
    client.subscribe(localityEndpoint, [GLOB]);
    assert.deepEqual(namesIn(await client.nextAcked(localityEndpoint)), [`-${GLOB}`]);
    commit(cache, [resource(localityEndpoint, A), resource(localityEndpoint, B)]);
    assert.deepEqual(namesIn(await client.nextAcked(localityEndpoint)), [A.replace(/\?.*/, "?env=x&zone=1"), B]);
    commit(cache, [resource(localityEndpoint, OTHER, "changed")]);
    await client.expectNothing();
    commit(cache, [resource(localityEndpoint, B, "changed")]);
    assert.deepEqual(namesIn(await client.nextAcked(localityEndpoint)), [B]);
    // Spelled in any way.
    remove(cache, localityEndpoint, [A]);
    assert.deepEqual(namesIn(await client.nextAcked(localityEndpoint)), [`-${A.replace(/\?.*/, "?env=x&zone=1")}`]);
  });
}
