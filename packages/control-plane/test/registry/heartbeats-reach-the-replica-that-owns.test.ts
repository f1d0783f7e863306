import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardByAdmin } from "../../src/registry/forward-heartbeats.ts";
import { instanceDocument } from "../../src/registry/instance-document.ts";
import type { Membership } from "../../src/replicas/membership.ts";
import { start } from "../support/fairlead.ts";
import { NOTHING, registrationOf, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

test("what another replica hears is passed on through the admin API, and costs no write", async (t) => {
  const owner = await start(t, { config: { replica: { id: "owner" } } });
  const path = "/v1/services/payments/instances/p-1";
  const body = { address: "10.0.0.1", port: 8080, incarnation: 1, sequence: 1 };
  assert.equal((await owner.request("PUT", path, body)).status < 300, true);
  const document = instanceDocument(registrationOf(), true, "owner", 0);

  const self = { id: "other", adminUrl: "http://127.0.0.1:1" };
  const replica = { id: "owner", adminUrl: owner.fairlead.adminUrl };
  const live = new Map([self, replica].map((each) => [each.id, each]));
  const membership: Pick<Membership, "self" | "isListed" | "live" | "watch"> = {
    self,
    isListed: () => true,
    live: () => live,
    watch: () => () => {},
  };
  const forward = forwardByAdmin({ others: () => [replica] });
  const { registry, store } = startRegistry(t, { membership, forward, limits: { forwardMs: 10 } });
  await store.commit([{ kind: "document", key: "instances/payments/p-1", value: document }]);
  const { revision } = store.state();

  assert.deepEqual(
    (await registry.announce({ ...NOTHING, heartbeats: [{ ...registrationOf(), sequence: 7 }] })).refusals,
    [],
  );
  await until("the owner knows of it", async () => {
    const { body } = await owner.request("GET", "/metrics");
    return /^fairlead_registry_heartbeats_total\{result="heard"\} 1$/m.test(body);
  });
  const again = [{ service: "payments", id: "p-1", incarnation: 1, sequence: 7 }];
  assert.deepEqual((await owner.request("POST", "/v1/replicas/heartbeats", { heartbeats: again })).body, { heard: 0 });
  assert.equal(store.state().revision, revision);
  assert.equal(registry.counts.heartbeats.forwarded, 1);
});

test("an owner that went while heartbeats were on their way to it is tried as often as any other when it is back", async (t) => {
  const self = { id: "r-1", adminUrl: "http://127.0.0.1:1" };
  const live = new Map([self, { ...self, id: "owner" }].map((each) => [each.id, each]));
  let tellMembers = () => {};
  const membership: Pick<Membership, "self" | "isListed" | "live" | "watch"> = {
    self,
    isListed: () => true,
    live: () => live,
    watch(listener) {
      tellMembers = () => listener({ kind: "left", replica: self });
      return () => {};
    },
  };
  const fails: (() => void)[] = [];
  const forward = () => new Promise<void>((_, reject) => fails.push(() => reject(new Error("away"))));
  const { registry, store } = startRegistry(t, { membership, forward, limits: { forwardMs: 10 } });
  const value = instanceDocument(registrationOf(), true, "owner", 0);
  await store.commit([{ kind: "document", key: "instances/payments/p-1", value }]);
  registry.heartbeat({ ...registrationOf(), sequence: 2 });
  await until("it is on its way", () => fails.length === 1);
  const owner = live.get("owner")!;
  live.delete("owner");
  tellMembers();
  fails[0]!();
  await new Promise(setImmediate);
  live.set("owner", owner);
  tellMembers();
  registry.heartbeat({ ...registrationOf(), sequence: 3 });
  await until("the next is on its way", () => fails.length === 2);
  fails[1]!();
  await until("it is tried again, or given up", () => fails.length === 3 || registry.counts.commits > 0);
  assert.equal(registry.instance("payments", "p-1")?.owner, "owner");
});
