import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { startEtcd } from "../../../../test/support/etcd.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { readBackup } from "../../src/backup/read-backup.ts";
import { restoreInto } from "../../src/backup/restore-into.ts";
import { backupParts } from "../../src/backup/write-backup.ts";
import { createStore, openStore } from "../../src/store/create-store.ts";
import { sqliteLog } from "../../src/store/sqlite/sqlite-log.ts";
import type { Change, Owner, Store, StoreState } from "../../src/store/store.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster, entry, fileOf } from "../support/resources.ts";

const OPTIONS = { force: false, author: "ana", reason: undefined };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "fairlead-backup-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const give = (group: string, owner: Owner, names: readonly string[], label?: string): Change => ({
  kind: "update",
  group,
  owner,
  upsert: names.map((name) => entry(owner, name)),
  remove: [],
  ...(label !== undefined && { labels: new Map([[TYPE_URLS.cluster, label]]) }),
});

async function fill(store: Store): Promise<void> {
  const many = Array.from({ length: 1_500 }, (_, i) => `c${i}`);
  await store.commit([give("g", "api", many), give("g", "file", ["f"]), give("empty", "file", [])]);
  await store.commit([
    give("g", "api", ["last"], "v1"),
    { kind: "document", key: "services/s", value: { a: [1, "é"] } },
  ]);
}

/** All that is to be equal after a move. */
function contentOf({ groups, documents }: StoreState) {
  return {
    groups: [...groups.values()]
      .map(({ group, types, owners, labels }) => ({
        group,
        owners: [...owners.keys()].sort(),
        labels: [...labels],
        resources: [...types.values()]
          .flatMap((entries) => [...entries.values()])
          .map(({ resource, owner, place }) => [
            resource.typeUrl,
            resource.name,
            resource.version,
            owner,
            place.pointer,
          ])
          .sort(),
      }))
      .sort((a, b) => (a.group < b.group ? -1 : 1)),
    documents: [...documents.values()].map(({ key, value }) => [key, value]).sort(),
  };
}

const backupOf = (store: Store) => buffer(backupParts(store.state(), { fairlead: "test", store: store.status().name }));

test("from memory to SQLite, from there to etcd, by backups: resources, documents, labels and versions are equal", async (t) => {
  const memory = createStore();
  await fill(memory);
  const bytes = await backupOf(memory);
  const directory = folder(t);
  const file = join(directory, "backup");
  writeFileSync(file, bytes);
  const run = (...args: string[]) => runFairlead(t, args);
  const restored = await run("restore", file, "--data-dir", directory, "--author", "ana");
  assert.match(restored.stdout, /revision \d+ of sqlite:.* holds it: 2 groups, 1 document/, restored.stderr);
  const again = await run("restore", file, "--data-dir", directory);
  assert.deepEqual([again.code, /--force/.test(again.stderr)], [1, true], "it is not empty any more");

  const second = join(directory, "second");
  assert.equal((await run("backup", second, "--data-dir", directory)).code, 0);
  assert.equal(statSync(second).mode & 0o777, 0o600, "secrets are in it");
  assert.deepEqual(contentOf(readBackup(readFileSync(second)).state), contentOf(memory.state()));
  const sqlite = await openStore(sqliteLog(directory));
  t.after(() => sqlite.close());
  assert.deepEqual(contentOf(sqlite.state()), contentOf(memory.state()));
  const [record] = await sqlite.history({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1 });
  assert.deepEqual(
    [record?.author, record?.reason],
    ["ana", `restore of a backup of revision ${memory.state().revision}`],
  );
  const missing = await run("backup", file, "--data-dir", join(directory, "none"));
  assert.deepEqual([missing.code, existsSync(join(directory, "none"))], [2, false]);

  const tool = requireTool("etcd");
  if ("skip" in tool) return t.diagnostic(`without etcd: ${tool.skip}`);
  const etcd = await startEtcd(tool.path);
  t.after(() => etcd.close());
  const moved = await run("restore", second, "--store", etcd.url);
  assert.equal(moved.code, 0, moved.stderr);
  const third = join(directory, "third");
  assert.equal((await run("backup", third, "--store", etcd.url)).code, 0);
  assert.deepEqual(contentOf(readBackup(readFileSync(third)).state), contentOf(memory.state()));
});

test("a backup replaces what is there only if forced, and then all of it", async () => {
  const from = createStore();
  await fill(from);
  const backup = readBackup(await backupOf(from));
  const to = createStore();
  await to.commit([
    give("g", "api", ["other"], "v1"),
    give("h", "dns", ["x"]),
    { kind: "document", key: "d", value: 1 },
  ]);
  const before = to.state();
  await assert.rejects(restoreInto(to, backup, OPTIONS), { code: "store-not-empty" });
  assert.equal(to.state(), before);
  await restoreInto(to, backup, { ...OPTIONS, force: true });
  assert.deepEqual(contentOf(to.state()), contentOf(from.state()));
});

test("a file that is broken, cut off or something else is refused, wherever it is broken", async () => {
  const store = createStore();
  await fill(store);
  const bytes = await backupOf(store);
  const refused = (broken: Uint8Array) => assert.throws(() => readBackup(broken), { code: "backup-unusable" });
  refused(Buffer.from("resources: []\n"));
  refused(Buffer.of());
  for (let at = 1; at < 50; at++) {
    const place = Math.floor((bytes.length * at) / 50);
    refused(bytes.subarray(0, place));
    const flipped = Buffer.from(bytes);
    flipped[place]! ^= 1;
    refused(flipped);
  }
  refused(bytes.subarray(0, bytes.length - 1));
  refused(Buffer.concat([bytes, Buffer.of(0)]));
});

test("a running control plane gives a backup, and takes one back: what its API manages, and nothing of its files", async (t) => {
  const one = await start(t, { files: { "g/f.yaml": fileOf(cluster("f")) } });
  const other = await start(t);
  await one.put("g", [cluster("a"), cluster("b")]);
  const file = join(folder(t), "backup");
  const run = (url: string, ...args: string[]) => runFairlead(t, [...args, "--admin", url]);
  const taken = await run(one.fairlead.adminUrl, "backup", file);
  assert.match(taken.stdout, /^revision \d+ is in .*: 3 resources, 1 group, 0 documents; \d+ bytes\n$/, taken.stderr);
  const restored = await run(other.fairlead.adminUrl, "restore", file);
  assert.match(restored.stdout, /: 2 added\nleft alone: of file \(.*\): g cds f removed\n$/, restored.stderr);
  const versions = async ({ request }: typeof one) => {
    const { body } = await request("GET", "/v1/groups/g/resources?owner=api");
    return body.resources.map(({ name, version }: Record<string, string>) => [name, version]);
  };
  assert.deepEqual(await versions(other), await versions(one));

  await one.put("g", [cluster("a", "9s")]);
  const refused = await run(one.fairlead.adminUrl, "restore", file);
  assert.deepEqual([refused.code, /store-not-empty|holds something already/.test(refused.stderr)], [1, true]);
  assert.equal((await versions(one)).length, 1);
  assert.equal((await run(one.fairlead.adminUrl, "restore", file, "--force")).code, 0);
  assert.deepEqual(await versions(one), await versions(other));
  const cut = readFileSync(file).subarray(0, -9);
  const answer = await fetch(`${one.fairlead.adminUrl}/v1/restore?force=true`, {
    method: "POST",
    headers: { "content-type": "application/vnd.fairlead.backup" },
    body: cut,
  });
  assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [400, "backup-unusable"]);
});
