import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { loadSchema } from "@fairlead/envoy-api";
import fc from "fast-check";
import { resourceParser } from "../src/resources/parse.ts";
import { openFiles } from "./support/files.ts";
import { cluster, fileOf } from "./support/resources.ts";

const PATHS = ["a.yaml", "b.json", "edge/a.yaml", "edge/deep/b.json"];
const NAMES = ["x", "y", "z"];

const path = fc.constantFrom(...PATHS);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      path,
      names: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
      timeout: fc.constantFrom("1s", "2s"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("break" as const), path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("move" as const), path, to: path }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("look" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a file says: resources as `name@version`; `undefined`: it is broken. */
type Said = readonly string[] | undefined;

const parse = resourceParser(loadSchema(), "error");
const said = (name: string, timeout: string) => `${name}@${parse(cluster(name, timeout)).resource!.version}`;

const groupOf = (file: string) => (file.includes("/") ? file.split("/")[0]! : "default");

/** What the files of a group come to; `undefined`: they are not well. */
function contentOf(group: string, disk: ReadonlyMap<string, Said>): string[] | undefined {
  const own = [...disk].filter(([file]) => groupOf(file) === group).map(([, resources]) => resources);
  if (own.includes(undefined)) return undefined;
  const all = own.flatMap((resources) => resources!);
  const names = new Set(all.map((it) => it.split("@")[0]));
  return all.length > 0 && names.size === all.length ? all.sort() : undefined;
}

/** Does a step to the directory, and to what we know of it. */
function take(it: Exclude<Step, { kind: "look" }>, root: string, disk: Map<string, Said>): void {
  const target = join(root, it.path);
  mkdirSync(dirname(target), { recursive: true });
  if (it.kind === "write") {
    writeFileSync(target, fileOf(...it.names.map((name) => cluster(name, it.timeout))));
    disk.set(
      it.path,
      it.names.map((name) => said(name, it.timeout)),
    );
  } else if (it.kind === "break") {
    writeFileSync(target, "resources: {\n");
    disk.set(it.path, undefined);
  } else if (it.kind === "delete") {
    rmSync(target, { force: true });
    disk.delete(it.path);
  } else if (disk.has(it.path)) {
    mkdirSync(dirname(join(root, it.to)), { recursive: true });
    renameSync(target, join(root, it.to));
    const moved = disk.get(it.path);
    disk.delete(it.path);
    disk.set(it.to, moved);
  }
}

test("whatever is done to files, each group holds what its files said when they were last well", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const files = await openFiles(t, {}, { debounceMs: 600_000, settleMs: 0 });
      const disk = new Map<string, Said>();
      const expected = new Map<string, string[]>();
      for (const it of [...steps, { kind: "look" as const }]) {
        if (it.kind !== "look") {
          take(it, files.root, disk);
          continue;
        }
        await files.source.refresh();
        for (const group of ["default", "edge"]) {
          const content = contentOf(group, disk);
          if (content) expected.set(group, content);
          assert.deepEqual(files.clusters(group), expected.get(group), group);
          const isKnownFaulty = files.source.status().faultyGroups.has(group);
          const isEmptied = expected.has(group) || [...disk.keys()].some((file) => groupOf(file) === group);
          assert.equal(isKnownFaulty, content === undefined && isEmptied, `${group} is told to be faulty when it is`);
        }
      }
      await files.source.close();
    }),
    { numRuns: 60 },
  );
});
