import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../../src/config/config.ts";
import { resourceParser } from "../../src/resources/parse.ts";
import { loadSources } from "../../src/sources/load-sources.ts";
import { createStore } from "../../src/store/create-store.ts";
import { createCommitter } from "../../src/validation/commit.ts";
import { until } from "../support/until.ts";
import { directory, relayOf, run, shop } from "./support.ts";

test("started again, maybe elsewhere, a relay serves what was, and takes over only what differs", async (t) => {
  const root = directory(t);
  const write = (clusters: readonly string[]) =>
    writeFileSync(join(root, "shop.json"), `${JSON.stringify({ resources: shop(clusters) })}\n`);
  write(["a", "b"]);
  let origin = await run(t, { resources: root });
  const store = createStore();
  const config = configOf(relayOf([origin.target]));
  const committer = createCommitter(store, config.references);
  t.after(() => committer.close());
  const schema = loadSchema();
  const make = async (group?: string) => {
    const sources = config.sources.map((source) => ({ ...source, group: group ?? source.group }));
    const parts = { committer, parse: resourceParser(schema, "error"), schema: () => schema };
    const create = await loadSources({ ...config, sources });
    const [source] = create({ ...parts, programs: undefined, nodeGroups: undefined });
    t.after(() => source!.close());
    return source!;
  };
  const clusters = (group = "default") =>
    [...(store.state().groups.get(group)?.types.get(TYPE_URLS.cluster)?.keys() ?? [])].sort();

  const first = await make();
  await first.start();
  assert.deepEqual(clusters(), ["a", "b"]);
  await first.close();
  const { revision } = store.state();
  await first.start();
  await until("it runs again", () => first.status().isLoaded);
  await first.close();
  assert.equal(store.state().revision, revision);

  await origin.close();
  const second = await make();
  await second.start(); // the store has what was
  assert.equal(second.status().isLoaded, true);
  assert.match(second.status().faults[0]!.message, /does not answer/);
  assert.equal(store.state().revision, revision);

  write(["b"]);
  origin = await run(t, { resources: root }, origin.target);
  await until("what is gone has gone", () => clusters().join() === "b");
  assert.equal(second.status().faults.length, 0);
  await second.close();

  const moved = await make("other");
  await moved.start();
  await until("it is where it is configured now", () => clusters("other").join() === "b");
  assert.equal(store.state().groups.has("default"), false);
});
