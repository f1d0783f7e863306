import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../../src/config/config.ts";
import { commitAsLeader } from "../../src/replicas/commit-as-leader.ts";
import { electSources } from "../../src/replicas/elect-sources.ts";
import { createLeadership } from "../../src/replicas/leadership.ts";
import { resourceParser } from "../../src/resources/parse.ts";
import { createFilesSource } from "../../src/sources/files/files-source.ts";
import { createStore } from "../../src/store/create-store.ts";
import { createCommitter } from "../../src/validation/commit.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("whoever's turn it is reads the files, and the others have loaded them once some replica has", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-elect-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "broken"));
  writeFileSync(join(root, "a.yaml"), fileOf(cluster("a")));
  writeFileSync(join(root, "broken", "b.yaml"), "resources: [7]\n");
  const config = configOf();
  const store = createStore();
  const committer = createCommitter(store, config.references);
  const parse = resourceParser(loadSchema(), config.validation);
  let made = 0;
  const replica = (id: string) => {
    let isElected = false;
    let tell = (_isMine: boolean) => {};
    const leadership = createLeadership({ store, name: "sources", replica: id, isElected: () => isElected });
    const asLeader = commitAsLeader(committer, leadership);
    const [source] = electSources({
      make: () => {
        made++;
        return [createFilesSource({ root, committer: asLeader, parse, debounceMs: 10, settleMs: 0, pollMs: 600_000 })];
      },
      store,
      replica: id,
      election: {
        watch(listener) {
          tell = (isMine) => {
            isElected = isMine;
            listener(isMine);
          };
          return () => {};
        },
      },
      leadership,
      onFault: (error) => assert.fail(String(error)),
    });
    t.after(() => source!.close());
    return { source: source!, takesTurn: (isMine: boolean) => tell(isMine) };
  };
  const names = () => [...(store.state().groups.get("default")?.types.get(TYPE_URLS.cluster)?.keys() ?? [])].sort();

  const [one, two] = [replica("one"), replica("two")];
  const started = Promise.all([one.source.start(), two.source.start()]);
  assert.equal(two.source.status().isLoaded, false);
  one.takesTurn(true);
  await started;
  assert.deepEqual(names(), ["a"]);
  assert.equal(two.source.status().isLoaded, true);
  assert.equal(two.source.hasGroup("broken"), true, "its nodes are nobody else's, at any replica");
  assert.equal(one.source.status().faultyGroups.size, 1);
  assert.equal(two.source.status().faultyGroups.size, 0, "faults are told by who found them");

  one.takesTurn(false);
  two.takesTurn(true);
  const runs = () => (store.state().documents.get("sources/file")!.value as { replica: string }).replica;
  assert.equal(runs(), "one");
  await until("the other says that it has loaded them", () => runs() === "two");
  writeFileSync(join(root, "a.yaml"), fileOf(cluster("a"), cluster("b")));
  await until("the change is there", () => names().length === 2);
  assert.equal(one.source.status().faultyGroups.size, 0);

  two.takesTurn(false);
  one.takesTurn(true);
  two.takesTurn(true);
  two.takesTurn(false);
  await until("the first reads anew", () => made === 3);
  await until("it says so", () => runs() === "one");
  // As a backup that is restored does: the term is nobody's any more.
  await store.commit([{ kind: "document", key: "leaders/sources", value: undefined }]);
  writeFileSync(join(root, "a.yaml"), fileOf(cluster("a")));
  await until("its turn has begun anew", () => names().length === 1);
  const late = replica("late");
  await late.source.start();
  assert.deepEqual(names(), ["a"]);
});
