import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { startEtcd } from "../../../../test/support/etcd.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};

test("rules that one replica is given move the nodes of another, to which they are the same", options, async (t) => {
  const etcd = await startEtcd("path" in tool ? tool.path : "");
  t.after(() => etcd.close());
  const replica = (id: string) =>
    start(t, {
      config: { store: { etcd: { endpoints: [...etcd.endpoints] } }, replica: { id }, groups: [{ group: "one" }] },
    });
  const [a, b] = [await replica("a"), await replica("b")];
  await a.put("one", [cluster("in-one")]);
  await a.put("two", [cluster("in-two")]);
  const client = b.proxy("edge-1");
  await until("b serves it by the configuration", () => client.resources(TYPE_URLS.cluster).has("in-one"));
  const { body } = await a.request("PUT", "/v1/rules", { rules: [{ group: "two" }] });
  await until("b serves it by the store", () => client.resources(TYPE_URLS.cluster).has("in-two"));
  const shown = (await b.request("GET", "/v1/rules")).body;
  assert.deepEqual([shown.from, shown.revision], ["store", body.revision]);
  assert.deepEqual(shown, (await a.request("GET", "/v1/rules")).body);
  client.close();
  await Promise.all([a, b].map(({ fairlead }) => fairlead.close())); // while there is an etcd to take leave of
});
