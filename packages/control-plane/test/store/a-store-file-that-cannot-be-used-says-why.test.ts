import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FairleadError } from "../../src/errors.ts";
import { openStore } from "../../src/store/create-store.ts";
import { sqliteLog } from "../../src/store/sqlite/sqlite-log.ts";
import { entry } from "../support/resources.ts";
import { document, give, shown } from "./contract/contract.ts";

const PROCESS = fileURLToPath(new URL("../support/kill/store-process.ts", import.meta.url));

function placeOf(t: TestContext): { directory: string; file: string } {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-sqlite-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, file: join(directory, "fairlead.db") };
}

/** Opens a store that must be refused, and returns what is said. */
async function refusal(directory: string): Promise<string> {
  const error = await openStore(sqliteLog(directory)).then(
    () => assert.fail("it was opened"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FairleadError, String(error));
  assert.deepEqual([error.code, error.exitCode], ["store-unusable", 2]);
  assert.ok(error.message.includes(directory), error.message);
  return error.message;
}

/** Makes a store with one commit in it. */
async function filled(directory: string): Promise<void> {
  const store = await openStore(sqliteLog(directory));
  await store.commit([give("g", entry("api", "a"))]);
  await store.close();
}

test("a file that another process has is left to it", async (t) => {
  const { directory } = placeOf(t);
  const other = spawn(process.execPath, [PROCESS, directory], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => other.kill("SIGKILL"));
  for await (const line of createInterface(other.stdout)) if (line.includes('"acknowledged"')) break;
  other.stdout.resume();
  assert.match(await refusal(directory), /another process has it; end that one, or name another directory/);
  const ended = once(other, "exit");
  other.kill("SIGKILL");
  await ended;
  const store = await openStore(sqliteLog(directory));
  assert.ok(store.state().groups.size > 0, "it is free when that one has ended, however it did");
  await store.close();
});

test("a file of a newer version, of another program, or of garbage is not touched", async (t) => {
  const { directory, file } = placeOf(t);
  await filled(directory);
  const change = (sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  };
  change("PRAGMA user_version = 99");
  assert.match(await refusal(directory), /it is of format 99, this version knows up to 1; run the newer version/);
  change("PRAGMA user_version = 1; PRAGMA application_id = 7");
  assert.match(await refusal(directory), /a database of another program/);
  const garbage = "not a database at all, but something long enough to look at".repeat(100);
  writeFileSync(file, garbage);
  assert.match(await refusal(directory), /not a database .*put a backup in its place, or move it away/);
  assert.equal(readFileSync(file, "utf8"), garbage);
});

test("a record that is damaged in the file is found by its checksum", async (t) => {
  const { directory, file } = placeOf(t);
  await filled(directory);
  const db = new DatabaseSync(file);
  const { bytes } = db.prepare("SELECT bytes FROM records").get() as { bytes: Uint8Array };
  bytes[bytes.length - 1]! ^= 1;
  db.prepare("UPDATE records SET bytes = ?").run(bytes);
  db.close();
  assert.match(await refusal(directory), /cannot be read: its checksum is another/);
});

test("a directory that cannot be made is named with what mends it", async (t) => {
  const { directory } = placeOf(t);
  writeFileSync(join(directory, "file"), "");
  assert.match(await refusal(join(directory, "file", "below")), /name a directory that can be written with --data-dir/);
});

test("only its owner can read it", async (t) => {
  const { directory, file } = placeOf(t);
  const store = await openStore(sqliteLog(directory));
  t.after(() => store.close());
  await store.commit([document("d", 1)]);
  assert.equal(statSync(file).mode & 0o077, 0);
  assert.equal(statSync(`${file}-wal`).mode & 0o077, 0);
});

test("without room commits are refused and nothing of them is there; with room they go again", async (t) => {
  const { directory } = placeOf(t);
  const place = { maxFileBytes: 256 * 1024 };
  const store = await openStore(sqliteLog(directory, place));
  const noise = (n: number) => entry("api", "x", Array.from({ length: 20_000 }, () => Math.random()).join() + n);
  let made = 0;
  const fill = async () => {
    for (;;) {
      await store.commit([give("big", noise(made)), document("made", made + 1)]);
      made++;
    }
  };
  await assert.rejects(fill(), { code: "store-full" });
  const state = store.state();
  assert.equal(state.documents.get("made")?.value ?? 0, made);
  assert.match(store.status().trouble ?? "", /cannot grow/);
  const small = await store.commit([document("small", 1)]).catch((error: FairleadError) => error.code);
  assert.ok(small === "store-full" || typeof small === "object", "a small one may still fit");
  await store.close();

  const again = await openStore(sqliteLog(directory));
  t.after(() => again.close());
  assert.equal(again.state().documents.get("made")?.value ?? 0, made);
  assert.ok((await again.commit([give("big", noise(made))])).changed);
});

test("what is older than is kept is forgotten; what is left can all be made again", async (t) => {
  const { directory } = placeOf(t);
  const retention = { maxRecords: 30 };
  const log = sqliteLog(directory, { retention });
  const store = await openStore(log, { maxHistoryResources: 0 });
  const revisions: number[] = [];
  for (let n = 1; n <= 60; n++) {
    const { revision, state } = await store.commit([document("n", n), give(`g${n % 7}`, entry("api", "x", `${n}`))]);
    revisions.push(revision);
    if (n % 10 === 0) await log.keepCheckpoint({ state, committedAtMs: n });
  }
  const kept = await store.history({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 });
  assert.ok(kept.length <= 30 && kept.length >= 20, `${kept.length} records`);
  assert.equal(await store.stateAt(revisions[2]!), undefined);
  assert.equal((await store.stateAt(revisions[44]!))?.documents.get("n")?.value, 45);
  const state = store.state();
  await store.close();
  const again = await openStore(sqliteLog(directory, { retention }));
  t.after(() => again.close());
  assert.deepEqual(shown(again.state()), shown(state));
});

test("a file whose making was cut short by kill -9 is made again", async (t) => {
  const { directory, file } = placeOf(t);
  const database = new DatabaseSync(file);
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  database.exec("PRAGMA journal_mode = WAL"); // writes the first page, before there is a table
  database.close();
  assert.ok(statSync(file).size > 0);
  await filled(directory);
  const store = await openStore(sqliteLog(directory));
  assert.ok(store.state().groups.has("g"));
  await store.close();
});
