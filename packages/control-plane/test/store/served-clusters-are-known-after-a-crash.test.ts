import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { SnapshotCache } from "@fairlead/xds";
import { resourceParser } from "../../src/resources/parse.ts";
import { openClusterJournal } from "../../src/store/cluster-journal.ts";

const schema = loadSchema();
const parse = resourceParser(schema, "error");

function cluster(name: string, connectTimeout = "1s") {
  const eds = { edsConfig: { ads: {} } };
  const json = { "@type": TYPE_URLS.cluster, name, type: "EDS", edsClusterConfig: eds, connectTimeout };
  return parse(json).resource!;
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-journal-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A journal that follows a cache, as in the running control plane; it is never closed, like one that was killed. */
function follow(folder: string) {
  const cache = new SnapshotCache();
  const journal = open(folder);
  cache.subscribe((event) => {
    if (event.kind === "snapshots") for (const snapshot of event.snapshots) journal.record(snapshot);
    if (event.kind === "deleted") journal.forget(event.group);
  });
  return cache;
}

function open(folder: string, droppedForMs = 60_000) {
  return openClusterJournal(folder, schema, { droppedForMs });
}

function restoredNames(folder: string): Record<string, string[]> {
  const { restored } = open(folder);
  return Object.fromEntries([...restored].map(([group, clusters]) => [group, clusters.map(({ name }) => name).sort()]));
}

test("what was served last is restored by group, with its content and what it refers to", (t) => {
  const folder = folderOf(t);
  const cache = follow(folder);
  const [a, b, changed] = [cluster("a"), cluster("b"), cluster("a", "2s")];
  cache.commit({ groups: new Map([["edge", { upsert: [a, b], remove: [] }]]) });
  cache.commit({ groups: new Map([["edge", { upsert: [changed], remove: [{ typeUrl: b.typeUrl, name: "b" }] }]]) });
  cache.commit({ groups: new Map([["other", { upsert: [b], remove: [] }]]) });
  cache.commit({ groups: new Map([["gone", { upsert: [b], remove: [] }]]) });
  cache.commit({ groups: new Map([["gone", "delete"]]) });

  const { restored, revision } = open(folder);
  assert.deepEqual([...restored.keys()].sort(), ["edge", "other"]);
  assert.deepEqual(restored.get("edge"), [changed, b], "one that was dropped lately may still be routed to");
  assert.deepEqual(restored.get("other"), [b]);
  assert.deepEqual(restored.get("edge")![0]!.facts.references[0]!.typeUrl, TYPE_URLS.endpoints);
  assert.equal(revision, cache.snapshotOf("other")!.revision + 1, "the revision of the newest group that changed");
});

test("what was dropped is remembered for a time, over restarts", (t) => {
  const folder = folderOf(t);
  const serve = (...names: string[]) =>
    follow(folder).commit({ groups: new Map([["edge", { upsert: names.map((name) => cluster(name)), remove: [] }]]) });
  serve("a", "b");
  serve("b", "c");
  serve("c");
  assert.deepEqual(restoredNames(folder), { edge: ["a", "b", "c"] });
  const names = open(folder, -1)
    .restored.get("edge")!
    .map(({ name }) => name);
  assert.deepEqual(names, ["c"], "of what was dropped longer ago nothing is left");
});

test("a line cut short, or of anything else, costs only itself", (t) => {
  const folder = folderOf(t);
  follow(folder).commit({ groups: new Map([["edge", { upsert: [cluster("a")], remove: [] }]]) });
  const path = join(folder, "clusters.jsonl");
  appendFileSync(path, `garbage\n${readFileSync(path, "utf8").slice(0, 40)}`);
  assert.deepEqual(restoredNames(folder), { edge: ["a"] });
});

test("changes of other types write nothing", (t) => {
  const folder = folderOf(t);
  const cache = follow(folder);
  cache.commit({ groups: new Map([["edge", { upsert: [cluster("a")], remove: [] }]]) });
  const path = join(folder, "clusters.jsonl");
  const before = statSync(path).size;
  const endpoints = parse({ "@type": TYPE_URLS.endpoints, clusterName: "a" }).resource!;
  cache.commit({ groups: new Map([["edge", { upsert: [endpoints], remove: [] }]]) });
  assert.equal(statSync(path).size, before);
});

test("the file is bounded by what is served, not by how often it changed, and only its owner can read it", (t) => {
  const folder = folderOf(t);
  const cache = follow(folder);
  const long = "x".repeat(200_000);
  for (let step = 0; step < 60; step++) {
    const upsert = [cluster(`${long}`, `${step + 1}s`)];
    cache.commit({ groups: new Map([["edge", { upsert, remove: [] }]]) });
  }
  const path = join(folder, "clusters.jsonl");
  assert.ok(statSync(path).size < 6 * 1024 * 1024, `${statSync(path).size} bytes`);
  assert.equal(statSync(path).mode & 0o077, 0);
  assert.equal(open(folder).restored.get("edge")!.length, 1);
});

test("an empty or missing file is a beginning", (t) => {
  const folder = folderOf(t);
  assert.deepEqual(restoredNames(folder), {});
  writeFileSync(join(folder, "clusters.jsonl"), "");
  assert.deepEqual(restoredNames(folder), {});
});

test("opening changes nothing: another process may be writing", (t) => {
  const folder = folderOf(t);
  const cache = follow(folder);
  cache.commit({ groups: new Map([["edge", { upsert: [cluster("a")], remove: [] }]]) });
  open(folder);
  cache.commit({ groups: new Map([["edge", { upsert: [cluster("b")], remove: [] }]]) });
  assert.deepEqual(restoredNames(folder), { edge: ["a", "b"] });
});

test("what could not be written is written with the next change that can, and the newest revision with it", (t) => {
  const folder = folderOf(t);
  const cache = new SnapshotCache();
  const journal = open(folder);
  const serve = (...names: string[]) =>
    cache.commit({ groups: new Map([["edge", { upsert: names.map((name) => cluster(name)), remove: [] }]]) })[0]!;
  const draft = join(folder, "clusters.jsonl.new");
  mkdirSync(draft); // in the way of the file
  assert.throws(() => journal.record(serve("a")));
  assert.throws(() => journal.record(serve("b")));
  rmSync(draft, { recursive: true });
  const last = serve("c");
  journal.record(last);
  journal.close();
  assert.deepEqual(restoredNames(folder), { edge: ["a", "b", "c"] });
  assert.equal(open(folder).revision, last.revision);
});
