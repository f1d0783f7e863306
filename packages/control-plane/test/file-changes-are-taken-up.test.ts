import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFiles } from "./support/files.ts";
import { cluster, fileOf } from "./support/resources.ts";
import { until } from "./support/until.ts";

test("directly in the directory is group default, below a folder that folder's group", async (t) => {
  const files = await openFiles(t, {
    "a.yaml": "resources:\n- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: a\n",
    "b.json": fileOf(cluster("b")),
    "edge/c.yml": fileOf(cluster("c")),
    "edge/deep/er/d.json": fileOf(cluster("d")),
    "README.md": "not a resource file",
  });
  assert.deepEqual(files.names(), ["a", "b"]);
  assert.deepEqual(files.names("edge"), ["c", "d"]);
  assert.equal(files.source.status().isLoaded, true);
});

test("an edit, a new file, a deleted file and a new folder each reach the store", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "b.yaml": fileOf(cluster("b")) });
  files.write("a.yaml", fileOf(cluster("a2")));
  await until("the edit", () => files.names().includes("a2"));
  files.write("c.yaml", fileOf(cluster("c")));
  await until("the new file", () => files.names().includes("c"));
  files.remove("b.yaml");
  await until("the deletion", () => !files.names().includes("b"));
  assert.deepEqual(files.names(), ["a2", "c"]);
  files.write("edge/more/d.yaml", fileOf(cluster("d")));
  await until("the new folder", () => files.names("edge").includes("d"));
  files.write("edge/more/d.yaml", fileOf(cluster("d2")));
  await until("an edit in the new folder", () => files.names("edge").includes("d2"));
});

test("a file that was touched, or written again as it was, does nothing", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  const before = files.store.state();
  utimesSync(join(files.root, "a.yaml"), new Date(), new Date());
  await files.source.refresh();
  files.write("a.yaml", fileOf(cluster("a")));
  await files.source.refresh();
  files.write("a.yaml", `# now with a comment\n${fileOf(cluster("a"))}`);
  await files.source.refresh();
  assert.equal(files.store.state().revision, before.revision);
  files.write("b.yaml", fileOf(cluster("b")));
  await until("a real change", () => files.names().includes("b"));
});

test("a file of equal size and time is still told apart by what it says", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  const time = new Date(Date.now() - 500);
  for (const name of ["b", "c", "d"]) {
    files.write("a.yaml", fileOf(cluster(name)));
    utimesSync(join(files.root, "a.yaml"), time, time);
    await files.source.refresh();
    assert.deepEqual(files.names(), [name]);
  }
});

test("a burst over many files and groups is one commit", async (t) => {
  const files = await openFiles(t, { "a0.yaml": fileOf(cluster("a0")) }, { debounceMs: 150 });
  const commits: number[] = [];
  files.store.watch(files.store.state().revision, (event) => {
    if (event.kind === "commit") commits.push(event.commit.groups.size);
  });
  for (let i = 0; i < 50; i++) {
    files.write(`a${i}.yaml`, fileOf(cluster(`a${i}`, "7s")));
    files.write(`edge/b${i}.yaml`, fileOf(cluster(`b${i}`)));
  }
  await until("all of it", () => files.names().length === 50 && files.names("edge").length === 50);
  assert.deepEqual(commits, [2]);
});

test("a resource that moves from file to file is never missing", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a"), cluster("b")), "b.yaml": fileOf(cluster("c")) });
  const { revision } = files.store.state();
  files.write("a.yaml", fileOf(cluster("a")));
  files.write("b.yaml", fileOf(cluster("b"), cluster("c")));
  await files.source.refresh();
  assert.equal(files.store.state().revision, revision, "nothing changed for a proxy");
  files.remove("a.yaml");
  await until("the rest of it", () => files.names().join() === "b,c");
});

test("a file replaced by renaming another over it is taken up", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  for (const name of ["b", "c"]) {
    writeFileSync(join(files.root, ".a.yaml.tmp"), fileOf(cluster(name)));
    renameSync(join(files.root, ".a.yaml.tmp"), join(files.root, "a.yaml"));
    await until(name, () => files.names().join() === name);
  }
});

test("editors' temporary files are nothing", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  const others = [".a.yaml", ".a.yaml.swp", "a.yaml.swp", "a.yaml~", "a.yaml.tmp", "4913", ".#a.yaml", "#a.yaml#"];
  for (const name of others) files.write(name, fileOf(cluster("temporary")));
  files.write(".git/b.yaml", fileOf(cluster("temporary")));
  files.write("fairlead.yaml", "resources: .\n");
  files.write("b.yaml", fileOf(cluster("b")));
  await until("the real file", () => files.names().includes("b"));
  assert.deepEqual(files.names(), ["a", "b"]);
  assert.deepEqual([...files.source.status().faultyGroups.keys()], []);
});

test("a linked directory is a group, and its target is watched", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  const elsewhere = join(files.root, "..", "elsewhere");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "b.yaml"), fileOf(cluster("b")));
  symlinkSync("../elsewhere", join(files.root, "edge"));
  symlinkSync("..", join(elsewhere, "loop"));
  await until("the linked group", () => files.names("edge").includes("b"));
  appendFileSync(join(elsewhere, "b.yaml"), `---\n${fileOf(cluster("c"))}`);
  await until("a second document", () => files.names("edge").join() === "b,c");
});

test("a folder deleted and made again within one burst is still watched", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": fileOf(cluster("b0")) });
  for (let i = 1; i <= 5; i++) {
    files.remove("edge"); // the new folder may well get the old one's inode
    files.write("edge/b.yaml", fileOf(cluster(`b${i}`)));
    await until("the new folder", () => files.names("edge").join() === `b${i}`);
    await files.source.refresh();
    files.write("edge/b.yaml", fileOf(cluster(`c${i}`)));
    await until("an edit in it", () => files.names("edge").join() === `c${i}`);
  }
});

test("where no change is told of, polling finds it", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) }, { pollMs: 50 });
  const outside = join(files.root, "..", "outside.yaml");
  writeFileSync(outside, fileOf(cluster("b")));
  symlinkSync(outside, join(files.root, "b.yaml"));
  await files.source.refresh();
  writeFileSync(outside, fileOf(cluster("c"))); // nothing in a watched directory changes
  await until("the change", () => files.names().includes("c"));
});
