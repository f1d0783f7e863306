import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { etcdOfFile } from "../../../../test/support/etcd-of-file.ts";
import { waitFor } from "../../../../test/support/wait-for.ts";
import { configOf } from "../../src/config/config.ts";
import { commitAsLeader } from "../../src/replicas/commit-as-leader.ts";
import { createLeadership } from "../../src/replicas/leadership.ts";
import { openStore } from "../../src/store/create-store.ts";
import { openEtcd } from "../../src/store/etcd/open-etcd.ts";
import { parseEtcdUrl } from "../../src/store/etcd/settings.ts";
import { createCommitter } from "../../src/validation/commit.ts";
import { entry } from "../support/resources.ts";

const { etcd, options } = await etcdOfFile();

/** A replica that thinks that it is elected, whatever others think: its clock stands still. */
async function replicaOf(t: TestContext, replica: string) {
  const link = await etcd.link();
  const place = openEtcd(parseEtcdUrl(link.url));
  const store = await openStore(place.log);
  t.after(async () => {
    await store.close();
    place.close();
  });
  const leadership = createLeadership({ store, name: "sources", replica, isElected: () => true });
  const committer = commitAsLeader(createCommitter(store, configOf().references), leadership);
  const put = (name: string) =>
    committer.commit([{ kind: "update", group: "g", owner: "file", upsert: [entry("file", name)], remove: [] }]);
  const names = () => [...(store.state().groups.get("g")?.types.values() ?? [])].flatMap((held) => [...held.keys()]);
  return { link, store, leadership, put, names };
}

test(
  "what a former leader had under way is refused once another leads, however long it was halted",
  options,
  async (t) => {
    const [first, second] = [await replicaOf(t, "first"), await replicaOf(t, "second")];
    await assert.rejects(first.put("too early"), { code: "revision-conflict" });
    await first.leadership.take();
    await first.put("a");

    first.link.blackhole();
    const late = first.put("late");
    late.catch(() => {});
    await waitFor("the second to know the first's", () => second.names().length === 1);
    await second.leadership.take(); // and has committed nothing yet: this alone must do
    first.link.heal();
    await assert.rejects(late, { code: "revision-conflict" });
    await assert.rejects(first.put("later"), { code: "revision-conflict" });
    await second.put("b");
    await waitFor("both to hold the same", () => first.names().length === 2);
    assert.deepEqual([first.names(), second.names()].flat(), ["a", "b", "a", "b"]);
    const { value } = second.store.state().documents.get("leaders/sources")!;
    assert.deepEqual(value, { replica: "second", term: 2 });

    await first.leadership.take(); // elected again
    await first.put("c");
    await assert.rejects(second.put("late"), { code: "revision-conflict" });
  },
);
