import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import type { NodeIdentity } from "@fairlead/xds";
import { configOf } from "../src/config/config.ts";
import { NO_INCLUDES, withDerived } from "../src/groups/includes.ts";
import { resourceParser } from "../src/resources/parse.ts";
import { createNodeGroups, type NodeGroupsOptions } from "../src/sources/nodes/node-groups.ts";
import { createStore } from "../src/store/create-store.ts";
import { createCommitter } from "../src/validation/commit.ts";
import { until } from "./support/until.ts";

/** Groups of nodes, each of which is given a cluster of its id's name. */
function open(t: TestContext, options: Partial<NodeGroupsOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), "fairlead-"));
  const path = join(root, "own.ts");
  writeFileSync(
    path,
    `export const forNode = ({ node }) => [{ "@type": "${TYPE_URLS.cluster}", name: node.id, connectTimeout: "1s" }];\n`,
  );
  const { references, validation, programs: limits } = configOf();
  const derived = new Map<string, string>();
  const store = createStore();
  const committer = createCommitter(store, references, withDerived(NO_INCLUDES, derived));
  const forgotten: string[] = [];
  const groups = createNodeGroups({
    root,
    committer,
    derived,
    parse: resourceParser(loadSchema(), validation),
    programs: { schema: loadSchema, limits },
    servedGroups: () => new Set(),
    forget: (group) => forgotten.push(group),
    ...options,
  });
  t.after(async () => {
    await groups.close();
    committer.close();
    rmSync(root, { recursive: true, force: true });
  });
  const program = { inputs: [{ path, digest: "", text: readFileSync(path, "utf8") }] };
  for (const base of ["edge", LONG_A, LONG_B]) groups.setPrograms(base, new Map([["own.ts", program]]));
  return { groups, store, derived, forgotten };
}

/** Two names that differ in their ends only. */
const LONG_A = `${"x".repeat(240)}a`;
const LONG_B = `${"x".repeat(240)}b`;

const node = (id: string): NodeIdentity => ({
  id,
  cluster: "",
  locality: { region: "", zone: "", subZone: "" },
  metadata: {},
  sans: [],
  userAgentName: "",
  userAgentVersion: "",
  clientFeatures: [],
});

test("nodes that come together are given their groups by one commit", async (t) => {
  const { groups, store } = open(t);
  const ids = ["a", "b", "c", "d", "e"];
  let commits = 0;
  t.after(store.watch(store.state().revision, (event) => (commits += event.kind === "commit" ? 1 : 0)));
  for (const id of ids) groups.groupOf(node(id), "edge");
  await until("all are placed", () => ids.every((id) => store.state().groups.has(groups.groupOf(node(id), "edge"))));
  assert.equal(commits, 1);
});

test("nodes of two groups share none, however alike the names", async (t) => {
  const { groups, derived } = open(t);
  const placed = () => [LONG_A, LONG_B].map((base) => groups.groupOf(node("a"), base));
  await until("both are placed", () => placed().every((group) => derived.has(group)));
  assert.deepEqual(
    placed().map((group) => derived.get(group)),
    [LONG_A, LONG_B],
  );
});

test("a group that serves nobody goes, and comes back with its node", async (t) => {
  const { groups, store, forgotten } = open(t, { sweepMs: 200 });
  const placed = () => groups.groupOf(node("a"), "edge");
  await until("it is placed", () => store.state().groups.has(placed()));
  const group = placed();
  await until("its group is gone", () => !store.state().groups.has(group));
  await until("and forgotten", () => forgotten.includes(group));
  await until("it is placed anew", () => placed() === group && store.state().groups.has(group));
});

test("groups that cannot be swept away are told of, and tried again", async (t) => {
  const { groups, store, derived } = open(t, { sweepMs: 200 });
  await until("a node is placed", () => {
    groups.groupOf(node("a"), "edge");
    return derived.size === 1;
  });
  await store.close();
  await until("it is told", () => groups.status().faults.some(({ message }) => /store is closed/.test(message)));
});
