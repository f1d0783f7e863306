import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { formatHostPort } from "../src/config/config.ts";
import { type RunningFairlead, start } from "./support/fairlead.ts";
import { cluster, fileOf } from "./support/resources.ts";
import { until } from "./support/until.ts";

const byZone = (extra = "") => `import { defineForNode } from "fairlead/resources";
export const forNode = defineForNode(({ node, group }) => {
  if (node.metadata.hangs) for (;;);
  if (node.metadata.fails) throw new Error("no, not for this one");
  if (!node.locality.zone) return [];
  const name = [group, node.locality.zone${extra}].join("-");
  return [{ "@type": "${TYPE_URLS.cluster}", name, connectTimeout: "1s" }];
});
`;

/** Follows the clusters of one node. */
function follow(t: TestContext, { fairlead }: RunningFairlead, id: string, zone = "", metadata = {}) {
  const node = { id, locality: { zone }, metadata };
  const client = createXdsClient({ target: formatHostPort(fairlead.xdsAddress), node, mode: "delta" });
  t.after(() => client.close());
  const held = new Set<string>();
  client.watch(TYPE_URLS.cluster, "*", {
    onResource: ({ name }) => held.add(name),
    onRemoved: (name) => held.delete(name),
  });
  return () => [...held].sort().join(" ");
}

test("a node is served its group and what is its own; nodes alike share a group", async (t) => {
  const running = await start(t, { files: { "shared.json": fileOf(cluster("shared")), "own.ts": byZone() } });
  const [first, second, other, none] = [
    follow(t, running, "a", "z1"),
    follow(t, running, "b", "z1"),
    follow(t, running, "c", "z2"),
    follow(t, running, "d"),
  ];
  await until("all are served", () => {
    return (
      [first(), second(), other(), none()].join() === "default-z1 shared,default-z1 shared,default-z2 shared,shared"
    );
  });
  const { body } = await running.request("GET", "/v1/nodes");
  const groups = new Map<string, string>(body.nodes.map((node: Record<string, string>) => [node.id, node.group]));
  assert.equal(groups.get("a"), groups.get("b"));
  assert.notEqual(groups.get("a"), groups.get("c"));
  assert.match(groups.get("a")!, /^default@[\w-]{12}$/);
  assert.equal(groups.get("d"), "default");

  running.write("shared.json", fileOf(cluster("shared"), cluster("more")));
  await until("a change of the group reaches its nodes", () => first().includes("more") && none().includes("more"));
  running.write("own.ts", byZone(', "v2"'));
  await until("so does a change of the program", () => first() === "default-z1-v2 more shared");
  running.write("own.ts", "export default [];\n");
  await until("and its end", () => [first(), other()].join() === "more shared,more shared");
});

test("a node whose answer fails is told, gets nothing, and holds up nobody", async (t) => {
  const running = await start(t, {
    files: { "shared.json": fileOf(cluster("shared")), "own.ts": byZone() },
    config: { programs: { timeoutMs: 3_000 } },
  });
  const failing = follow(t, running, "failing", "z1", { fails: true });
  const hanging = follow(t, running, "hanging", "z1", { hangs: true });
  const well = follow(t, running, "well", "z1");
  await until("the others are served", () => well() === "default-z1 shared");
  await until("the fault is told", async () => {
    const { body } = await running.request("GET", "/v1/groups/default");
    return body.state === "broken" && body.faults.some(({ message }: { message: string }) => /for node/.test(message));
  });
  const { body } = await running.request("GET", "/v1/groups/default");
  assert.match(body.faults[0].message, /^for node (failing|hanging) and 1 more: /);
  assert.equal(body.faults[0].file, "own.ts");
  assert.deepEqual([failing(), hanging()], ["", ""]);
});

test("a node keeps what it has when the program that gave it breaks", async (t) => {
  const running = await start(t, { files: { "own.ts": byZone() } });
  const held = follow(t, running, "a", "z1");
  await until("it is served", () => held() === "default-z1");
  running.write("own.ts", "this is no program\n");
  await until("the fault is told", async () => {
    return (await running.request("GET", "/v1/groups/default")).body.state === "broken";
  });
  assert.equal(held(), "default-z1");
  const late = follow(t, running, "b", "z1");
  await until("the last good program still answers", () => late() === "default-z1");
});
