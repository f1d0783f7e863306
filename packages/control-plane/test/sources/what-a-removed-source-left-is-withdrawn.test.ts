import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf } from "../../src/config/config.ts";
import { sourceChannel } from "../../src/sources/channels.ts";
import { withdrawStrays } from "../../src/sources/withdraw-strays.ts";
import { createStore } from "../../src/store/create-store.ts";
import { createCommitter } from "../../src/validation/commit.ts";
import { entry } from "../support/resources.ts";

/** What is left by owner and group of a store in which each owner defined a cluster of its own in each group. */
async function leftOf(owned: Readonly<Record<string, readonly string[]>>, allowEmpty: boolean): Promise<string[]> {
  const store = createStore();
  const config = configOf();
  for (const [group, owners] of Object.entries(owned)) {
    for (const owner of owners) {
      await store.commit([{ kind: "update", group, owner, upsert: [entry(owner, `of-${owner}`)], remove: [] }]);
    }
  }
  const committer = createCommitter(store, config.references);
  const sources = [{ name: "file" }, { name: "dns" }];
  await withdrawStrays({ committer, config: { sources: [], allowEmpty }, sources });
  const left = [...store.state().groups.values()].flatMap(({ group, owners }) =>
    [...owners.keys()].map((owner) => `${group} ${owner}`),
  );
  return left.sort();
}

test("what is in no configuration any more goes, and what the API, the registry and sources define stays", async () => {
  const owned = { a: ["file", "old"], b: ["api", "old"], c: ["registry", "dns", "older", "old"] };
  assert.deepEqual(await leftOf(owned, false), ["a file", "b api", "c dns", "c registry"]);
});

test("a group that would come to hold nothing stays, with a warning, unless allowEmpty says so", async (t) => {
  const warnings: string[] = [];
  const hear = ({ message }: { message: string }) => void warnings.push(message);
  sourceChannel("fairlead:source:warning").subscribe(hear);
  t.after(() => sourceChannel("fairlead:source:warning").unsubscribe(hear));
  const owned = { edge: ["old"], both: ["old", "older"], "edge@1": ["node"] };
  assert.deepEqual(await leftOf(owned, false), ["both old", "both older", "edge old"]);
  assert.match(warnings[0]!, /^old is not in the configuration any more.*: they are kept.*allowEmpty: true$/);
  assert.deepEqual(await leftOf(owned, true), []);
});
