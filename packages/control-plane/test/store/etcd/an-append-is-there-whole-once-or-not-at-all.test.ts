import assert from "node:assert/strict";
import { test } from "node:test";
import { etcdOfFile } from "../../../../../test/support/etcd-of-file.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { FairleadError } from "../../../src/errors.ts";
import { writeChunks } from "../../../src/store/etcd/chunks.ts";
import { logKeys } from "../../../src/store/etcd/log-keys.ts";
import { checkpoint, keysOf, openLog, record } from "./logs.ts";

const { etcd, options } = await etcdOfFile();

test("an append whose answer got lost is found to be there, and is not told as another's", options, async (t) => {
  const link = await etcd.link();
  const mine = await openLog(t, link, "/lost");
  const other = await openLog(t, etcd, "/lost");
  assert.equal(await mine.log.append([record(1)], 0), "appended");
  link.mute();
  const appending = mine.log.append([record(2)], 1);
  await waitFor("it to be there", () => other.revisions.includes(2));
  link.heal();
  assert.equal(await appending, "appended");
  assert.equal(await mine.log.append([record(3)], 2), "appended");
  assert.equal(await other.log.append([record(4)], 3), "appended");
  await waitFor("the other's to be told", () => mine.revisions.length > 0);
  assert.deepEqual([mine.revisions, other.revisions], [[4], [1, 2, 3]]);
});

test(
  "an append that was never told what became of it says so, and is told of later if it is there",
  options,
  async (t) => {
    const link = await etcd.link();
    const mine = await openLog(t, link, "/doubt", { appendTimeoutMs: 500 });
    const other = await openLog(t, etcd, "/doubt");
    link.mute();
    await assert.rejects(mine.log.append([record(1)], 0), (error: unknown) => {
      return (
        error instanceof FairleadError && error.code === "store-unavailable" && /may have been made/.test(error.message)
      );
    });
    await waitFor("the link to be known as down", () => mine.reached.at(-1) === false);
    await assert.rejects(mine.log.append([record(2)], 0), { code: "store-unavailable", message: /was not made/ });
    link.heal();
    await waitFor("it to be told", () => mine.revisions.length === 1);
    await waitFor("etcd to be back", () => mine.reached.at(-1) === true);
    assert.deepEqual([mine.revisions, other.revisions], [[1], [1]]);
    assert.equal(await mine.log.append([record(2)], 0), "behind");
    assert.equal(await mine.log.append([record(2)], 1), "appended");
  },
);

test("of many processes that append behind one record, one does", options, async (t) => {
  const logs = await Promise.all([1, 2, 3, 4].map(() => openLog(t, etcd, "/race")));
  const outcomes = await Promise.all(logs.map(({ log }, i) => log.append([record(10 + i)], 0)));
  assert.deepEqual([...outcomes].sort(), ["appended", "behind", "behind", "behind"]);
});

test("records of several MB come whole, and what crashed writers left of theirs is collected", options, async (t) => {
  const mine = await openLog(t, etcd, "/large");
  const other = await openLog(t, etcd, "/large");
  const left = logKeys("/large").batchChunks(2, "crashed");
  await writeChunks(mine.client, left, [Buffer.alloc(2_000_000)]);
  assert.equal(await mine.log.append([record(1, 3_000_000), record(3, 400_000)], 0), "appended");
  await waitFor("both to be told", () => other.revisions.length === 2);
  const [newest, oldest] = await other.log.read({ from: 0, to: 3, limit: 10 });
  assert.deepEqual([newest!.revision, oldest!.revision], [3, 1]);
  const chunks = async () => (await keysOf(mine.client, "/large")).filter((key) => key.startsWith("/chunks/"));
  assert.ok((await chunks()).some((key) => key.includes("crashed")));
  await mine.log.keepCheckpoint(checkpoint(3));
  const kept = await chunks();
  assert.ok(kept.length >= 3 && kept.every((key) => !key.includes("crashed")), kept.join());
  const third = await openLog(t, etcd, "/large");
  assert.deepEqual(third.revisions, [3], "the checkpoint is enough");
});

test(
  "records beyond retention are forgotten, and whoever misses some begins anew with the whole state",
  options,
  async (t) => {
    const link = await etcd.link();
    const away = await openLog(t, link, "/old");
    const mine = await openLog(t, etcd, "/old", { maxRecords: 5 });
    assert.equal(
      (await mine.log.checkpointBefore(7))?.state.revision,
      0,
      "all records are kept: the beginning is known",
    );
    link.refuse();
    for (let i = 1; i <= 20; i++) {
      await mine.log.append([record(i)], i - 1);
      if (i % 4 === 0) await mine.log.keepCheckpoint(checkpoint(i));
    }
    const kept = await mine.log.read({ from: 0, to: 100, limit: 100 });
    assert.deepEqual(
      kept.map(({ revision }) => revision),
      [20, 19, 18, 17],
    );
    assert.deepEqual(
      (await mine.log.read({ from: 17, to: 19, limit: 2 })).map(({ revision }) => revision),
      [19, 18],
    );
    assert.equal((await mine.log.checkpointBefore(19))?.state.revision, 16);
    assert.equal(await mine.log.checkpointBefore(15), undefined);
    const { header } = await mine.client.range({ key: Buffer.from("x") });
    const body = JSON.stringify({ revision: String(header!.revision) });
    await fetch(`http://${etcd.endpoints[0]}/v3/kv/compaction`, { method: "POST", body });
    link.heal();
    await waitFor("the whole state", () => away.restarts.length === 1);
    assert.deepEqual([away.revisions, away.restarts], [[], [20]]);
    assert.equal(await away.log.append([record(21)], 20), "appended");
  },
);
