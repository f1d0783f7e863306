// protocol.md O6
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { type ChannelMessages, xdsChannel } from "../../src/channels.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: no stream is answered before every source has loaded (O6)`, async (t) => {
    const { server, cache, stream } = await startServer(t, { cacheOptions: { waitsUntilReady: true } });
    commit(cache, [resource(cluster, "a", "half")]);
    const ads = stream({ mode });
    ads.subscribe(cluster);
    ads.subscribe(endpoints, ["e"]);
    // Another stream shows that its requests were read.
    const end = stream({ mode, node: undefined });
    end.subscribe(cluster);
    await end.ended;
    commit(cache, [resource(cluster, "b")]);
    assert.equal(server.work.writes, 0);
    cache.markReady();
    assert.deepEqual(namesIn(await ads.nextAcked(cluster)), ["a", "b"]);
  });

  test(`${mode}: a deleted group's clients keep what they have (O6)`, async (t) => {
    const { server, cache, stream } = await startServer(t, { stage: { isStaged: false } });
    commit(cache, [resource(cluster, "a"), resource(cluster, "b")]);
    const ads = stream({ mode });
    ads.subscribe(cluster);
    assert.deepEqual(namesIn(await ads.nextAcked(cluster)), ["a", "b"]);
    const warnings = listenForWarnings(t);
    cache.commit({ groups: new Map([["default", "delete"]]) });
    await ads.expectNothing();
    assert.match(warnings.join(), /group default was deleted/);
    assert.equal([...server.clients()][0]!.group, "default");
    // It comes back with other content: from what they have to that.
    commit(cache, [resource(cluster, "b"), resource(cluster, "c")]);
    const names = namesIn(await ads.nextAcked(cluster));
    assert.deepEqual(names, mode === "sotw" ? ["b", "c"] : ["c", "-a"]);
  });

  test(`${mode}: a deleted group's clients are given no other group's content, until it is forgotten (O6)`, async (t) => {
    const { server, cache, stream } = await startServer(t, { stage: { isStaged: false } });
    const groups = () => [...server.clients()].map(({ group }) => group);
    commit(cache, [resource(cluster, "fallback")]);
    commit(cache, [resource(cluster, "a")], "mine");
    const ads = stream({ mode, node: { id: "mine" } });
    ads.subscribe(cluster);
    assert.deepEqual(namesIn(await ads.nextAcked(cluster)), ["a"]);
    cache.commit({ groups: new Map([["mine", "delete"]]) });
    assert.deepEqual([...cache.deletedGroups()], ["mine"]);
    cache.regroup();
    commit(cache, [resource(cluster, "other")], "unrelated");
    const late = stream({ mode, node: { id: "mine" } });
    late.subscribe(cluster);
    assert.deepEqual(namesIn(await late.nextAcked(cluster)), ["a"], "as long as others hold it");
    await ads.expectNothing();
    assert.deepEqual(groups(), ["mine", "mine"]);
    assert.equal(cache.forget("mine"), true);
    for (const one of [ads, late]) assert.ok(namesIn(await one.nextAcked(cluster)).includes("fallback"));
    assert.deepEqual(groups(), ["default", "default"]);
    assert.equal(cache.forget("mine"), false);
  });

  test(`${mode}: a group that nobody knows sends nothing, until it is there (O6)`, async (t) => {
    const { server, cache, stream } = await startServer(t, { cacheOptions: { groupOf: ({ id }) => id } });
    commit(cache, [resource(cluster, "a")], "other");
    const warnings = listenForWarnings(t);
    const ads = stream({ mode, node: { id: "mine" } });
    ads.subscribe(cluster);
    const end = stream({ mode, node: undefined });
    end.subscribe(cluster);
    await end.ended;
    assert.equal(server.work.writes, 0);
    assert.match(warnings.join(), /group mine does not exist/);
    commit(cache, [resource(cluster, "m")], "mine");
    assert.deepEqual(namesIn(await ads.nextAcked(cluster)), ["m"]);
  });
}

function listenForWarnings(t: TestContext): string[] {
  const messages: string[] = [];
  const listen = ({ message }: ChannelMessages["fairlead:xds:warning"]) => messages.push(message);
  xdsChannel("fairlead:xds:warning").subscribe(listen);
  t.after(() => xdsChannel("fairlead:xds:warning").unsubscribe(listen));
  return messages;
}

test("a group that is yet to be loaded is not told of as missing; one that never came is (O6)", async (t) => {
  const { cache, stream } = await startServer(t, { cacheOptions: { groupOf: ({ id }) => id, waitsUntilReady: true } });
  const warnings = listenForWarnings(t);
  const [late, never] = ["late", "never"].map((id) => stream({ mode: "sotw", node: { id } }));
  for (const ads of [late!, never!]) ads.subscribe(cluster);
  const end = stream({ mode: "sotw", node: undefined });
  end.subscribe(cluster);
  await end.ended;
  assert.deepEqual(warnings, []);
  commit(cache, [resource(cluster, "a")], "late");
  cache.markReady();
  assert.deepEqual(namesIn(await late!.next(cluster)), ["a"]);
  assert.deepEqual(warnings, ["group never does not exist: its clients get nothing yet"]);
});
