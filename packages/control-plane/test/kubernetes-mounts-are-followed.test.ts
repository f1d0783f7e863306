import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Files, openFiles } from "./support/files.ts";
import { cluster, fileOf } from "./support/resources.ts";
import { until } from "./support/until.ts";

/** What the kubelet does with a ConfigMap: a new folder, a link to it swapped in atomically, the old folder removed. */
function mount(directory: string, revision: number, contents: Readonly<Record<string, string>>): void {
  const folder = `..2026_01_0${revision}`;
  mkdirSync(join(directory, folder), { recursive: true });
  for (const [name, text] of Object.entries(contents)) {
    writeFileSync(join(directory, folder, name), text);
    try {
      symlinkSync(join("..data", name), join(directory, name));
    } catch {
      // it is there from the last time
    }
  }
  symlinkSync(folder, join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  rmSync(join(directory, `..2026_01_0${revision - 1}`), { recursive: true, force: true });
}

async function followed(files: Files, directory: string, group: string): Promise<void> {
  for (const revision of [1, 2, 3]) {
    mount(directory, revision, {
      "a.yaml": fileOf(cluster(`a${revision}`)),
      "b.json": fileOf(cluster(`b${revision}`)),
    });
    await until(`revision ${revision}`, () => files.names(group).join() === `a${revision},b${revision}`);
  }
  assert.deepEqual([...files.source.status().faultyGroups.keys()], []);
}

test("the swap of a ConfigMap's ..data link is one commit of all its files", async (t) => {
  const files = await openFiles(t, {});
  const sizes: string[] = [];
  files.store.watch(files.store.state().revision, () => sizes.push(files.names().join()));
  await followed(files, files.root, "default");
  assert.deepEqual(sizes, ["a1,b1", "a2,b2", "a3,b3"]);
});

test("a ConfigMap mounted as a group's folder is followed too", async (t) => {
  const files = await openFiles(t, { "x.yaml": fileOf(cluster("x")) });
  await followed(files, join(files.root, "edge"), "edge");
});

test("a directory that is itself a link, swapped for another, is followed", async (t) => {
  const files = await openFiles(t, {});
  const base = join(files.root, "..");
  rmSync(files.root, { recursive: true });
  for (const name of ["v1", "v2", "v3"]) {
    mkdirSync(join(base, name));
    writeFileSync(join(base, name, "a.yaml"), fileOf(cluster(name)));
    symlinkSync(name, join(base, "next"));
    renameSync(join(base, "next"), files.root);
    await until(name, () => files.names().join() === name);
  }
  writeFileSync(join(base, "v3", "a.yaml"), fileOf(cluster("v3b")));
  await until("an edit behind the link", () => files.names().join() === "v3b");
});
