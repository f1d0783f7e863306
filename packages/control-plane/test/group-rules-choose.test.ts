import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeIdentity } from "@fairlead/xds";
import fc from "fast-check";
import { type ConfigInput, configOf } from "../src/config/config.ts";
import { compileGroupRules } from "../src/groups/compile.ts";
import { globMatcher } from "../src/groups/glob.ts";
import { isGroupName } from "../src/groups/name.ts";

const NODE: NodeIdentity = {
  id: "edge-7",
  cluster: "shop",
  locality: { region: "eu", zone: "eu-1", subZone: "rack-3" },
  metadata: {
    team: "cart",
    labels: { app: "web", "app.kubernetes.io/name": "cart-web" },
    replicas: 3,
    nested: { list: [] },
  },
  userAgentName: "envoy",
  userAgentVersion: "1.40.0",
  clientFeatures: [],
  sans: ["spiffe://example.org/ns/shop/sa/edge", "edge.example.org"],
};

function groupOf(rules: ConfigInput["groups"], node: Partial<NodeIdentity> = {}, existing: readonly string[] = []) {
  const choose = compileGroupRules(configOf({ groups: rules }).groups);
  return choose({ ...NODE, ...node }, (group) => existing.includes(group));
}

test("without rules it is the first that exists of node id, node cluster and default", () => {
  assert.equal(groupOf([], {}, ["edge-7", "shop", "default"]), "edge-7");
  assert.equal(groupOf([], {}, ["shop", "default"]), "shop");
  assert.equal(groupOf([], {}, ["default"]), "default");
  assert.equal(groupOf([], {}, []), "default");
  assert.equal(groupOf([], { id: "", cluster: "" }, [""]), "default");
});

test("the first rule of which everything matches decides", () => {
  assert.equal(groupOf([{ id: "core-*", group: "a" }, { id: "edge-*", group: "b" }, { group: "c" }]), "b");
  assert.equal(groupOf([{ id: "edge-*", cluster: "other", group: "a" }]), undefined);
  assert.equal(groupOf([{ id: ["x", "edge-7"], group: "a" }]), "a");
  assert.equal(groupOf([{ region: "eu", zone: "eu-*", subZone: "rack-3", group: "a" }]), "a");
  assert.equal(groupOf([{ cluster: "SHOP", group: "a" }]), undefined, "case counts");
});

test("metadata is found by path, dots in keys or not, and only scalars match", () => {
  for (const [path, pattern] of [
    ["team", "cart"],
    ["labels.app", "w*"],
    ["labels.app.kubernetes.io/name", "cart-web"],
    ["replicas", "3"],
  ] as const) {
    assert.equal(groupOf([{ metadata: { [path]: pattern }, group: "a" }]), "a", path);
  }
  for (const path of ["labels", "nested.list", "missing", "labels.toString", "constructor.name"]) {
    assert.equal(groupOf([{ metadata: { [path]: "*" }, group: "a" }]), undefined, path);
  }
});

test("a certificate's SAN can choose, and nothing else can claim it", () => {
  const rules = [{ san: "spiffe://example.org/ns/shop/*", group: "proven" }];
  assert.equal(groupOf(rules), "proven");
  assert.equal(groupOf(rules, { sans: [], id: "spiffe://example.org/ns/shop/sa/edge" }), undefined);
  assert.equal(groupOf([{ san: "edge.*", group: "{san}" }]), "edge.example.org");
});

test("templates are filled in; what is missing or cannot name a group does not match", () => {
  assert.equal(groupOf([{ group: "{node.cluster}-{node.zone}" }]), "shop-eu-1");
  assert.equal(groupOf([{ group: "{node.metadata.labels.app}" }]), "web");
  assert.equal(groupOf([{ group: "{node.metadata.none}" }, { group: "rest" }]), "rest");
  for (const id of ["", ".", "..", "../../etc", "a/b", "a\\b", "a b", "a\nb", "a\u0000", "\u202e", "x".repeat(254)]) {
    assert.equal(groupOf([{ group: "{node.id}" }], { id }), undefined, JSON.stringify(id));
  }
  assert.equal(groupOf([{ group: "{node.id}" }], { id: "sidecar~10.0.0.1~cart.shop~cluster.local" })?.[0], "s");
});

test("a rule decides although its group is missing, unless it says ifExists", () => {
  assert.equal(groupOf([{ group: "{node.id}" }, { group: "rest" }]), "edge-7");
  assert.equal(groupOf([{ group: "{node.id}", ifExists: true }, { group: "rest" }]), "rest");
  assert.equal(groupOf([{ group: "{node.id}", ifExists: true }], {}, ["edge-7"]), "edge-7");
});

test("templates that can never be right are refused when read", () => {
  for (const group of ["{node.name}", "a{node.id", "a}b", "a/b", "a b", ".hidden", "{}", "{node.metadata.}"]) {
    assert.throws(() => configOf({ groups: [{ group }] }), Error, group);
  }
});

test("whatever a node says, the answer can name a group", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("..", "/", "a/../b", "default", ""));
  const choose = compileGroupRules(
    configOf({ groups: [{ group: "{node.id}" }, { group: "x-{node.metadata.a.b}" }, { group: "{san}" }] }).groups,
  );
  fc.assert(
    fc.property(text, fc.anything({ maxDepth: 1 }), fc.array(text), (id, metadata, sans) => {
      const node = { ...NODE, id, metadata: { a: metadata }, sans };
      const group = choose(node, () => false);
      assert.ok(group === undefined || isGroupName(group));
    }),
  );
});

test("a glob matches what the regular expression of the same meaning does", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 6 });
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  fc.assert(
    fc.property(letters, texts, (glob, text) => {
      const pattern = glob
        .split("*")
        .map((part) => part.replaceAll(".", "\\."))
        .join(".*");
      assert.equal(globMatcher(glob)(text), new RegExp(`^${pattern}$`, "s").test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a glob with many stars costs no more than the text's length times its own", () => {
  assert.equal(globMatcher(`${"a*".repeat(5_000)}b`)("a".repeat(20_000)), false);
});
