import assert from "node:assert/strict";
import { test } from "node:test";
import type { Registration } from "../../src/registry/instance.ts";
import { createStore } from "../../src/store/create-store.ts";
import type { Json } from "../../src/store/store.ts";
import { NOTHING, registrationOf, startRegistry } from "../support/registry.ts";

test("an announcement resolves when the store has what it says", async (t) => {
  const { registry, store } = startRegistry(t);
  const { refusals, revision } = await registry.announce({ ...NOTHING, register: [registrationOf()] });
  assert.deepEqual(refusals, []);
  assert.equal(revision, store.state().revision);
  assert.deepEqual(store.state().documents.get("instances/payments/p-1")?.value, {
    ...registrationOf(),
    isHealthy: true,
    owner: "r-1",
  });
  assert.deepEqual([...registry.services()], ["payments"]);
  await registry.announce({ ...NOTHING, deregister: [{ ...registrationOf(), sequence: 2 }] });
  // The service stays until it is deleted, so that proxies keep its cluster.
  assert.deepEqual([...store.state().documents.keys()], ["services/payments"]);
  assert.deepEqual([...registry.services()], ["payments"]);
});

test("heartbeats and equal registrations cost no commit", async (t) => {
  const { registry, store } = startRegistry(t);
  await registry.announce({ ...NOTHING, register: [registrationOf()] });
  const { revision } = store.state();
  for (let sequence = 2; sequence < 100; sequence++) {
    assert.equal(registry.heartbeat({ ...registrationOf(), sequence }), undefined);
  }
  await registry.announce({ ...NOTHING, register: [registrationOf({ sequence: 100 })] });
  assert.equal(store.state().revision, revision);
  assert.equal(registry.counts.commits, 1);
});

test("many callers at a time share a commit", async (t) => {
  const { registry } = startRegistry(t);
  const callers = Array.from({ length: 500 }, (_, i) =>
    registry.announce({ ...NOTHING, register: [registrationOf({ id: `p-${i}` })] }),
  );
  await Promise.all(callers);
  assert.equal([...registry.instances("payments")].length, 500);
  assert.ok(registry.counts.commits <= 3, `${registry.counts.commits} commits`);
});

test("what is wrong with one message keeps no other from being taken up", async (t) => {
  const { registry } = startRegistry(t, { limits: { maxInstancesPerService: 2 } });
  const wrong: [string, Partial<Registration>][] = [
    ["service", { service: "a/b" }],
    ["id", { id: "" }],
    ["incarnation", { incarnation: -1 }],
    ["address", { address: "10.0.0.256" }],
    ["address", { address: "[::1]" }],
    ["port", { port: 65_536 }],
    ["weight", { weight: 129 }],
    ["metadata", { metadata: { much: "x".repeat(5_000) } }],
    ["ttlMs", { ttlMs: 1 }],
  ];
  const good = registrationOf({ id: "good", weight: 0, ttlMs: 0, incarnation: 0, sequence: 0 });
  const register = [...wrong.map(([, fields]) => registrationOf(fields)), good];
  const { refusals } = await registry.announce({ ...NOTHING, register });
  assert.deepEqual(
    refusals.map(({ code, message }) => [code, message.split(/[ .]/)[0]]),
    wrong.map(([field]) => ["instance-invalid", field]),
  );
  const { incarnation, ...taken } = registry.instance("payments", "good")!;
  assert.ok(incarnation > 1.7e12);
  assert.deepEqual([taken.sequence, taken.weight, taken.ttlMs], [1, 1, 30_000]);
  const more = ["p-2", "p-3"].map((id) => registrationOf({ id }));
  const full = await registry.announce({ ...NOTHING, register: more });
  assert.deepEqual(
    full.refusals.map(({ key, code }) => [key.id, code]),
    [["p-3", "registry-full"]],
  );
});

test("what the store refuses is refused, and may be sent again", async (t) => {
  const store = createStore();
  let isAway = true;
  const commit: typeof store.commit = (...args) => (isAway ? Promise.reject(new Error("away")) : store.commit(...args));
  const { registry } = startRegistry(t, { store: { ...store, commit } });
  const announce = () => registry.announce({ ...NOTHING, register: [registrationOf()] });
  await assert.rejects(announce, /away/);
  assert.equal(registry.instance("payments", "p-1"), undefined);
  isAway = false;
  assert.deepEqual((await announce()).refusals, []);
  assert.equal(registry.instance("payments", "p-1")?.port, 8080);
});

test("a document that is no instance is replaced by who registers under its name", async (t) => {
  const { registry, store } = startRegistry(t);
  await store.commit([{ kind: "document", key: "instances/payments/p-1", value: "by hand" }]);
  assert.equal(registry.instance("payments", "p-1"), undefined);
  assert.deepEqual((await registry.announce({ ...NOTHING, register: [registrationOf()] })).refusals, []);
  assert.equal(registry.instance("payments", "p-1")?.port, 8080);
});

test("a service that is kept without instances counts as one", async (t) => {
  const { registry } = startRegistry(t, { limits: { maxServices: 1 } });
  const register = (service: string) => registry.announce({ ...NOTHING, register: [registrationOf({ service })] });
  await register("payments");
  await registry.announce({ ...NOTHING, deregister: [{ ...registrationOf(), sequence: 2 }] });
  assert.deepEqual(
    (await register("orders")).refusals.map(({ code }) => code),
    ["registry-full"],
  );
  await registry.announce({ ...NOTHING, register: [registrationOf({ sequence: 3 })] });
  assert.deepEqual([...registry.services()], ["payments"]);
});

test("what went while commits were missed is not known any more", async (t) => {
  const store = createStore();
  let isBehind = false;
  let catchUp = () => {};
  const watch: typeof store.watch = (revision, listener) => {
    catchUp = () => listener({ kind: "state", state: store.state() });
    return store.watch(revision, (event) => isBehind || listener(event));
  };
  const { registry } = startRegistry(t, { store: { ...store, watch } });
  await registry.announce({ ...NOTHING, register: [registrationOf()] });
  const documents = (adoption: Json | undefined, byHand: Json | undefined) =>
    store.commit([
      { kind: "document", key: "adoptions/r-1", value: adoption },
      { kind: "document", key: "instances/payments/p-2", value: byHand },
    ]);
  await documents({ by: "r-2", term: 1 }, "by hand");
  assert.equal(registry.instance("payments", "p-1")?.owner, "r-2");
  isBehind = true;
  await documents(undefined, undefined);
  isBehind = false;
  catchUp();
  assert.equal(registry.instance("payments", "p-1")?.owner, "r-1");
  const { refusals } = await registry.announce({ ...NOTHING, register: [registrationOf({ id: "p-2" })] });
  assert.deepEqual(refusals, []);
});

test("who waits while the registry is closed is told so", async (t) => {
  const store = createStore();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const commit: typeof store.commit = async (...args) => {
    await held;
    return store.commit(...args);
  };
  const { registry } = startRegistry(t, { store: { ...store, commit } });
  const first = registry.announce({ ...NOTHING, register: [registrationOf()] });
  const second = registry.announce({ ...NOTHING, register: [registrationOf({ id: "p-2" })] });
  const closed = registry.close();
  release();
  await closed;
  assert.deepEqual((await first).refusals, []);
  await assert.rejects(second, { code: "store-closed" });
});
