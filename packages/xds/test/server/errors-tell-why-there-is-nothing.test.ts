// protocol.md O5
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { extractSchema, schemaFrom, TYPE_URLS } from "@fairlead/envoy-api";
import { requireTool } from "../../../../test/support/tools.ts";
import type { ResourceError } from "../../src/cache/resource-error.ts";
import type { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import { writeDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { writeDiscoveryResponse } from "../../src/wire/sotw-response.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { endpoints } = TYPE_URLS;
const DENIED: ResourceError = { typeUrl: endpoints, name: "secret", code: 7, message: "not yours" };

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: who asks by name is told why there is nothing, once, and when it comes (O5)`, async (t) => {
    const { server, cache, stream } = await startServer(t);
    commit(cache, [resource(endpoints, "a")]);
    commitErrors(cache, [DENIED]);
    const ads = stream({ mode });
    const other = stream({ mode, node: { id: "other" } });
    other.subscribe(endpoints, ["a"]);
    assert.deepEqual((await other.nextAcked(endpoints)).errors, []);
    ads.subscribe(endpoints, ["a", "secret"]);
    const first = await ads.nextAcked(endpoints);
    assert.deepEqual(first.errors, [{ name: "secret", code: 7, message: "not yours" }]);
    assert.deepEqual(namesIn(first), mode === "sotw" ? ["a"] : ["a", "-secret"]);
    commit(cache, [resource(endpoints, "a", "2")]);
    assert.deepEqual((await ads.nextAcked(endpoints)).errors, []);
    await other.nextAcked(endpoints);
    // Every ACK has come: nothing but the error itself brings the next response.
    const states = () => [...server.clients()].flatMap(({ types }) => types.map(({ state }) => state));
    await waitFor("the ACKs", () => states().every((state) => state === "SYNCED"));
    commitErrors(cache, [{ ...DENIED, code: 14, message: "later" }]);
    const again = await ads.nextAcked(endpoints);
    assert.deepEqual([namesIn(again), again.errors], [[], [{ name: "secret", code: 14, message: "later" }]]);
    commit(cache, [resource(endpoints, "secret")]);
    const come = await ads.nextAcked(endpoints);
    assert.deepEqual([namesIn(come), come.errors], [["secret"], []]);
    // The other heard of a alone: nobody else's errors cost it a response.
    assert.equal(server.work.writes, 6);
    await ads.expectNothing();
  });
}

test("an error is over when its name is removed, and is told anew when it comes back (O5)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(endpoints, "a")]);
  const ads = stream({ mode: "sotw" });
  ads.subscribe(endpoints, ["a", "secret"]);
  await ads.nextAcked(endpoints);
  for (let round = 0; round < 2; round++) {
    commitErrors(cache, [DENIED]);
    assert.equal((await ads.nextAcked(endpoints)).errors.length, 1);
    cache.commit({ groups: new Map([["default", { upsert: [], remove: [DENIED] }]]) });
    await ads.expectNothing();
  }
  assert.throws(() => commitErrors(cache, [{ ...DENIED, code: 0 }]), /"secret" has code 0: it must be 1 to 16/);
  assert.throws(() => commitErrors(cache, [{ ...DENIED, message: "x".repeat(1_025) }]), /1025 characters.*shorten/);
});

test("the schema of a real Envoy reads errors as they are written (O5)", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const schema = schemaFrom((await extractSchema(tool.path)).descriptorSet);
  const errors = [{ name: "secret", code: 7, message: "not yours" }];
  const common = { typeUrl: endpoints, nonce: "n", resources: [], errors, controlPlaneId: "c" };
  const responses = {
    DiscoveryResponse: writeDiscoveryResponse({ ...common, versionInfo: "v" }),
    DeltaDiscoveryResponse: writeDeltaDiscoveryResponse({ ...common, systemVersionInfo: "v", removed: [] }),
  };
  for (const [name, bytes] of Object.entries(responses)) {
    const desc = schema.messageOf(`envoy.service.discovery.v3.${name}`)!;
    const { resourceErrors, $unknown } = fromBinary(desc, bytes) as unknown as Read;
    assert.equal($unknown, undefined);
    const [{ resourceName, errorDetail }] = resourceErrors as [Read["resourceErrors"][number]];
    assert.deepEqual([resourceName.name, errorDetail.code, errorDetail.message], ["secret", 7, "not yours"]);
  }
});

interface Read {
  readonly $unknown?: unknown;
  readonly resourceErrors: readonly {
    readonly resourceName: { readonly name: string };
    readonly errorDetail: { readonly code: number; readonly message: string };
  }[];
}

function commitErrors(cache: SnapshotCache, errors: readonly ResourceError[]): void {
  cache.commit({ groups: new Map([["default", { upsert: [], remove: [], errors }]]) });
}
