import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { SnapshotCache } from "@fairlead/xds";
import fc from "fast-check";
import { configOf, parseConfig } from "../src/config/config.ts";
import { FairleadError } from "../src/errors.ts";
import { compileIncludes, type IncludeRules } from "../src/groups/includes.ts";
import { compose, NOTHING_COMPOSED } from "../src/store/compose.ts";
import { createStore } from "../src/store/create-store.ts";
import { feedCache } from "../src/store/feed-cache.ts";
import { type Change, type Entry, entryOf, type StoreState } from "../src/store/store.ts";
import { createCommitter } from "../src/validation/commit.ts";
import { entry, resource } from "./support/resources.ts";

const give = (group: string, ...upsert: readonly Entry[]): Change => {
  return { kind: "update", group, owner: "file", upsert, remove: [] };
};
const take = (group: string, ...names: readonly string[]): Change => {
  const remove = names.map((name) => ({ typeUrl: TYPE_URLS.cluster, name }));
  return { kind: "update", group, owner: "file", upsert: [], remove };
};
const cluster = (name: string, content = "") => entry("file", name, content);
const route = (name: string, to: string): Entry => {
  const references = [{ typeUrl: TYPE_URLS.cluster, name: to, pointer: "/virtualHosts/0" }];
  return { ...entry("file", name), resource: resource(TYPE_URLS.routes, name, "", references) };
};

/** A store whose groups are served with what they include. */
function serve(rules: IncludeRules) {
  const store = createStore();
  const cache = new SnapshotCache();
  feedCache(store, cache, compileIncludes(rules));
  const clusters = (group: string) => {
    const resources = cache.snapshotOf(group)?.types.get(TYPE_URLS.cluster)?.resources;
    return cache.snapshotOf(group) && [...(resources?.keys() ?? [])].sort();
  };
  return { store, cache, clusters };
}

test("a group is served with what it includes, and follows it", async () => {
  const { store, clusters } = serve({ edge: ["common"], common: ["base"] });
  await store.commit([give("edge", cluster("a")), give("common", cluster("b")), give("base", cluster("c"))]);
  assert.deepEqual(clusters("edge"), ["a", "b", "c"]);
  assert.deepEqual(clusters("common"), ["b", "c"]);
  await store.commit([give("base", cluster("d")), take("base", "c")]);
  assert.deepEqual(clusters("edge"), ["a", "b", "d"]);
  await store.commit([give("other", cluster("x"))]);
  assert.deepEqual([clusters("edge"), clusters("other")], [["a", "b", "d"], ["x"]]);
});

test("a group's own resource counts, then that of the first it includes", async () => {
  const { store, cache } = serve({ edge: ["first", "second"] });
  const served = () => cache.snapshotOf("edge")?.types.get(TYPE_URLS.cluster)?.resources.get("x");
  const [own, first, second] = [cluster("x", "1"), cluster("x", "2"), cluster("x", "3")];
  await store.commit([give("edge", own), give("first", first), give("second", second)]);
  assert.equal(served(), own.resource);
  await store.commit([take("edge", "x")]);
  assert.equal(served(), first.resource);
  await store.commit([take("first", "x")]);
  assert.equal(served(), second.resource);
  await store.commit([give("first", first)]);
  assert.equal(served(), first.resource);
  await store.commit([take("first", "x"), take("second", "x")]);
  assert.equal(served(), undefined);
});

test("a group that is named is there for what it includes; a pattern makes no groups", async () => {
  const { store, clusters } = serve({ edge: ["common"], "team-*": ["common"] });
  await store.commit([give("common", cluster("a")), give("team-1", cluster("b"))]);
  assert.deepEqual(clusters("edge"), ["a"]);
  assert.deepEqual(clusters("team-1"), ["a", "b"]);
  assert.equal(clusters("team-2"), undefined);
});

test("a group waits for what it includes, and keeps what it had when that goes", async () => {
  const { store, clusters } = serve({ edge: ["common"] });
  await store.commit([give("edge", cluster("a"))]);
  assert.equal(clusters("edge"), undefined, "half of a group is not served");
  await store.commit([give("common", cluster("b"))]);
  assert.deepEqual(clusters("edge"), ["a", "b"]);
  await store.commit([{ kind: "withdraw", group: "common", owner: "file" }, give("edge", cluster("c"))]);
  assert.deepEqual(clusters("edge"), ["a", "b"], "proxies are not told to drop what has gone missing");
  await store.commit([give("common", cluster("d"))]);
  assert.deepEqual(clusters("edge"), ["a", "c", "d"]);
});

test("references are judged in the whole that is served", async () => {
  const references = { ...configOf().references, cluster: "error" as const };
  const includes = compileIncludes({ edge: ["common"] });
  const committer = createCommitter(createStore(), references, includes);
  await committer.commit([give("common", cluster("b")), give("edge", route("r", "b"))]);
  assert.deepEqual(committer.danglingIn("edge"), []);

  const refused = await committer.commit([take("common", "b"), give("unrelated", cluster("z"))], {
    leaveOutFaulty: true,
  });
  assert.deepEqual([...refused.refused.keys()], ["common"], "the change that would leave edge's route dangling");
  assert.match(refused.refused.get("common")![0]!.message, /group edge does not hold/);
  assert.ok(entryOf(committer.store.state().groups.get("common"), { typeUrl: TYPE_URLS.cluster, name: "b" }));
  assert.ok(committer.store.state().groups.has("unrelated"));

  await committer.commit([give("common", route("upwards", "own")), give("edge", cluster("own"))]);
  assert.deepEqual(committer.danglingIn("common"), [], "what every includer holds does not dangle");
});

test("what is left out takes along what counted on it", async () => {
  const references = { ...configOf().references, cluster: "error" as const };
  const committer = createCommitter(createStore(), references, compileIncludes({ edge: ["common"] }));
  const changes = [give("common", cluster("b"), route("bad", "missing")), give("edge", route("r", "b"))];
  const { refused, changed } = await committer.commit(changes, { leaveOutFaulty: true });
  assert.deepEqual([[...refused.keys()].sort(), changed], [["common", "edge"], false]);
});

test("a circle of includes is refused with its place and the way around", () => {
  const text = "includes:\n  a: [b]\n  b: [c]\n  c: [a]\n";
  assert.throws(
    () => parseConfig(text, { file: "fairlead.yaml" }),
    (error) => error instanceof FairleadError && /:2:\d+: .*a includes b includes c includes a/.test(error.message),
  );
});

const RULES: IncludeRules = { a: ["b", "c"], b: ["d"], "w*": ["d"] };
const GROUPS = ["a", "b", "c", "d", "w1"];
const step = fc.record({
  group: fc.constantFrom(...GROUPS),
  name: fc.constantFrom("x", "y", "z"),
  content: fc.constantFrom("1", "2", "3"),
  isGiven: fc.boolean(),
});

test("whatever is committed, step by step comes to what it is as a whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 12 }), async (commits) => {
      const includes = compileIncludes(RULES);
      const store = createStore();
      await store.commit(GROUPS.map((group) => give(group, cluster("own"))));
      let composed = compose(includes, NOTHING_COMPOSED, store.state());
      for (const steps of commits) {
        await store.commit(
          steps.map(({ group, name, content, isGiven }) =>
            isGiven ? give(group, cluster(name, content)) : take(group, name),
          ),
        );
        composed = compose(includes, composed, store.state());
        const whole = compose(includes, NOTHING_COMPOSED, store.state());
        assert.deepEqual(versionsIn(composed.served), versionsIn(whole.served));
      }
    }),
  );
});

function versionsIn(state: StoreState) {
  return [...state.groups].map(([group, { types }]) => [
    group,
    [...types].map(([typeUrl, entries]) => [
      typeUrl,
      [...entries.entries()].map(([name, { resource }]) => [name, resource.version]).sort(),
    ]),
  ]);
}

test("a change of one among thousands of groups looks at that one, and at those that include it", async () => {
  const rules = compileIncludes({ "edge-*": ["common"] });
  let looks = 0;
  const includes = {
    ...rules,
    chainOf(group: string) {
      looks += 1;
      return rules.chainOf(group);
    },
  };
  const store = createStore();
  const committer = createCommitter(store, configOf().references, includes);
  const cache = new SnapshotCache();
  feedCache(store, cache, includes);
  const groups = Array.from({ length: 3_000 }, (_, n) => `edge-${n}`);
  await committer.commit([...groups, "common"].map((group) => give(group, cluster("own"))));
  looks = 0;
  await committer.commit([give("edge-7", cluster("own", "changed"))]);
  assert.ok(looks > 0 && looks < 20, `${looks} chains were looked at for one group`);
  assert.deepEqual([...committer.includersOf("edge-7")], []);
  assert.equal([...committer.includersOf("common")].length, groups.length);
});
