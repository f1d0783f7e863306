// protocol.md C8
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, resource, startServer } from "./started-server.ts";

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: control_plane.identifier is the replica's (C8)`, async (t) => {
    const { cache, stream } = await startServer(t, { controlPlaneId: "replica-7" });
    commit(cache, [resource(TYPE_URLS.cluster, "c", "0")]);
    const ads = stream({ mode });
    ads.subscribe(TYPE_URLS.cluster);
    assert.equal((await ads.nextAcked()).controlPlaneId, "replica-7");
    commit(cache, [resource(TYPE_URLS.cluster, "c", "1")]);
    assert.equal((await ads.nextAcked()).controlPlaneId, "replica-7");
  });
}

test("a replica is named after its host unless told otherwise (C8)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(TYPE_URLS.cluster, "c")]);
  const ads = stream({ mode: "sotw" });
  ads.subscribe(TYPE_URLS.cluster);
  assert.equal((await ads.nextAcked()).controlPlaneId, hostname());
});
