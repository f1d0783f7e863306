import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { configOf } from "../src/config/config.ts";
import { applyChanges } from "../src/store/apply.ts";
import { NOTHING_COMPOSED } from "../src/store/compose.ts";
import { createStore } from "../src/store/create-store.ts";
import type { Change, Entry, StoreState } from "../src/store/store.ts";
import { createCommitter } from "../src/validation/commit.ts";
import { createReferenceIndex } from "../src/validation/reference-index.ts";
import { entry, resource } from "./support/resources.ts";

/** A route configuration that refers to clusters. */
function route(name: string, clusters: readonly string[]): Entry {
  const references = clusters.map((to, i) => ({ typeUrl: TYPE_URLS.cluster, name: to, pointer: `/virtualHosts/${i}` }));
  return { ...entry("file", name), resource: resource(TYPE_URLS.routes, name, "", references) };
}

const update = (group: string, upsert: readonly Entry[], remove: readonly string[] = []): Change => ({
  kind: "update",
  group,
  owner: "file",
  upsert,
  remove: remove.map((name) => ({ typeUrl: TYPE_URLS.cluster, name })),
});

function open(references: "error" | "warning" | "ignore") {
  return createCommitter(createStore(), { ...configOf().references, cluster: references });
}

test("a route to a missing cluster is served with a warning that names the nearest", async (t) => {
  const committer = open("warning");
  t.after(() => committer.close());
  const report = await committer.commit([update("g", [route("r", ["backedn"]), entry("file", "backend")])]);
  assert.equal(report.changed, true);
  const [warning, ...others] = report.warnings;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [warning?.rule, warning?.severity, warning?.pointer, warning?.group],
    ["reference.cluster", "warning", "/resources/r/virtualHosts/0", "g"],
  );
  assert.match(warning!.message, /did you mean "backend"/);
});

test("the cluster behind a config source is one of Envoy's bootstrap, and missed only if asked for", async (t) => {
  const pointer = "/edsClusterConfig/edsConfig/apiConfigSource/grpcServices/0/envoyGrpc/clusterName";
  const references = [{ typeUrl: TYPE_URLS.cluster, name: "xds", pointer }];
  const cluster = { ...entry("file", "c"), resource: resource(TYPE_URLS.cluster, "c", "", references) };
  for (const [configSourceCluster, expected] of [
    [configOf().references.configSourceCluster, []],
    ["warning", ["reference.configSourceCluster"]],
  ] as const) {
    const committer = createCommitter(createStore(), { ...configOf().references, configSourceCluster });
    t.after(() => committer.close());
    const { warnings } = await committer.commit([update("g", [cluster])]);
    assert.deepEqual(
      warnings.map(({ rule }) => rule),
      expected,
    );
  }
});

test("a removal that leaves a route dangling is told at the route", async (t) => {
  const committer = open("warning");
  t.after(() => committer.close());
  await committer.commit([update("g", [route("r", ["c"]), entry("file", "c")])]);
  assert.deepEqual(committer.danglingIn("g"), []);
  const { warnings } = await committer.commit([update("g", [], ["c"])]);
  assert.deepEqual(
    warnings.map(({ name }) => name),
    ["r"],
  );
  assert.equal(committer.danglingIn("g").length, 1);
});

test("what already dangled is not told again, and mending it is noticed", async (t) => {
  const committer = open("warning");
  t.after(() => committer.close());
  await committer.commit([update("g", [route("r", ["c", "d"])])]);
  const { warnings } = await committer.commit([update("g", [route("r", ["c", "d", "e"])])]);
  assert.equal(warnings.length, 1);
  await committer.commit([update("g", [entry("file", "c"), entry("file", "d"), entry("file", "e")])]);
  assert.deepEqual(committer.danglingIn("g"), []);
});

test("with `error` the commit is refused, or the faulty group left out of it", async (t) => {
  const committer = open("error");
  t.after(() => committer.close());
  const changes = [update("good", [entry("file", "c")]), update("bad", [route("r", ["missing"])])];
  await assert.rejects(committer.commit(changes), { code: "resources-invalid" });
  assert.equal(committer.store.state().groups.size, 0);
  const report = await committer.commit(changes, { leaveOutFaulty: true });
  assert.deepEqual([...committer.store.state().groups.keys()], ["good"]);
  assert.deepEqual([...report.refused.keys()], ["bad"]);
});

test("with `ignore` nothing is told", async (t) => {
  const committer = open("ignore");
  t.after(() => committer.close());
  const { warnings } = await committer.commit([update("g", [route("r", ["missing"])])]);
  assert.deepEqual([warnings, committer.danglingIn("g")], [[], []]);
});

test("a dry run tells all and changes nothing", async (t) => {
  const committer = open("warning");
  t.after(() => committer.close());
  const before = committer.store.state();
  const report = await committer.commit([update("g", [route("r", ["missing"])])], { dryRun: true });
  assert.deepEqual([report.changed, report.warnings.length], [true, 1]);
  assert.equal(committer.store.state(), before);
  assert.deepEqual(committer.danglingIn("g"), []);
});

test("looking at what changed finds what looking at everything finds", async () => {
  const name = fc.constantFrom("a", "b", "c");
  const step = fc.record({
    group: fc.constantFrom("g", "h"),
    routes: fc.dictionary(fc.constantFrom("r", "s"), fc.array(name, { maxLength: 3 }), { maxKeys: 2 }),
    give: fc.array(name, { maxLength: 2 }),
    take: fc.array(name, { maxLength: 2 }),
    withdraw: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const rules = configOf().references;
      const incremental = createReferenceIndex(rules);
      let state = NOTHING_COMPOSED.stored;
      for (const { group, routes, give, take, withdraw } of steps) {
        const upsert = [
          ...Object.entries(routes).map(([to, clusters]) => route(to, clusters)),
          ...give.map((it) => entry("file", it)),
        ];
        const change: Change =
          withdraw && upsert.length === 0 ? { kind: "withdraw", group, owner: "file" } : update(group, upsert, take);
        const applied = applyChanges(state, [change], state.revision + 1);
        incremental.check(asServed(applied.state), applied.groups);
        state = applied.state;
        incremental.advance(asServed(state));
      }
      const whole = createReferenceIndex(rules);
      whole.advance(asServed(state));
      for (const group of ["g", "h"]) {
        const messages = (index: typeof whole) =>
          index
            .danglingIn(group)
            .map(({ message }) => message)
            .sort();
        assert.deepEqual(messages(incremental), messages(whole));
      }
    }),
    { numRuns: 300 },
  );
});

function asServed(served: StoreState) {
  return { served, inclusions: undefined };
}
