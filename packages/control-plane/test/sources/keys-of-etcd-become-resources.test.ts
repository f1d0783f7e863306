import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { type Etcd, startEtcd } from "../../../../test/support/etcd.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { createEtcdClient, type EtcdClient } from "../../src/store/etcd/client.ts";
import { keyBytes } from "../../src/store/etcd/keys.ts";
import { parseEtcdUrl } from "../../src/store/etcd/settings.ts";
import { until } from "../support/until.ts";
import { type Running, run } from "./support.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};
let etcd: Etcd;
let writer: EtcdClient;

before(async () => {
  if ("skip" in tool) return;
  etcd = await startEtcd(tool.path);
  writer = createEtcdClient(parseEtcdUrl(etcd.url));
});
after(async () => {
  writer?.close();
  await etcd?.close();
});

async function put(key: string, value: string): Promise<void> {
  const request = { case: "requestPut" as const, value: { key: keyBytes(key), value: keyBytes(value) } };
  await writer.txn({ success: [{ request }] });
}

async function remove(key: string): Promise<void> {
  const request = { case: "requestDeleteRange" as const, value: { key: keyBytes(key) } };
  await writer.txn({ success: [{ request }] });
}

function start(t: TestContext, prefix: string, settings: object = {}): Promise<Running> {
  return run(t, { sources: [{ name: "keys", etcd: { endpoints: [...etcd.endpoints], prefix, ...settings } }] });
}

const clusterText = (name: string, timeout = "1s") =>
  `"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: ${name}\nconnectTimeout: ${timeout}\n`;
const names = async (running: Running, group: string) =>
  (await running.held(group)).map((line) => line.replace(/^Cluster (.*)@.*$/, "$1"));
const brokenOf = async (running: Running) => (await running.get("/readyz")).brokenGroups;

test(
  "keys hold resources, by group; a group with a broken key, or none any more, keeps its last good state",
  options,
  async (t) => {
    await put("/r/edge/a", clusterText("a"));
    await put(
      "/r/top",
      JSON.stringify({ resources: [{ "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: "t" }] }),
    );
    const running = await start(t, "/r/");
    await running.fairlead.ready;
    assert.deepEqual([await names(running, "edge"), await names(running, "default")], [["a"], ["t"]]);
    await put("/r/edge/more/b", clusterText("b"));
    await until("a key came", async () => (await names(running, "edge")).join() === "a,b");

    await put("/r/edge/c", clusterText("c", "-1s"));
    await until("it is told", async () => (await brokenOf(running)).length === 1);
    assert.match((await brokenOf(running))[0].error, /\/r\/edge\/c: .*-1s/);
    await remove("/r/edge/a");
    await put("/r/top", clusterText("t2"));
    await until("other groups go on", async () => (await names(running, "default")).join() === "t2");
    assert.deepEqual(await names(running, "edge"), ["a", "b"]);
    await put("/r/edge/c", clusterText("b"));
    await until("a name twice is told", async () => /as \/r\/edge\/c does/.test((await brokenOf(running))[0]?.error));
    await put("/r/edge/c", clusterText("c"));
    await until("all is well", async () => (await names(running, "edge")).join() === "b,c");
    assert.deepEqual(await brokenOf(running), []);

    await remove("/r/top");
    await until("an emptied group is told", async () => /allowEmpty: true/.test((await brokenOf(running))[0]?.error));
    assert.deepEqual(await names(running, "default"), ["t2"]);
  },
);

test("keys hold instances; etcd may go and come", options, async (t) => {
  await put("/s/pay/1", "10.0.0.1:80");
  await put("/s/pay/2", JSON.stringify({ Op: 0, Addr: "10.0.0.2:81", Metadata: null }));
  await put("/s/pay/3", JSON.stringify({ address: "fd00::3", port: 82, weight: 5 }));
  const link = await etcd.link();
  const running = await start(t, "/s/", {
    holds: "endpoints",
    endpoints: [...link.endpoints],
    cluster: { connectTimeout: "2s" },
  });
  await running.fairlead.ready;
  const endpoints = async () => {
    const { resources } = await running.get("/v1/groups/default/resources?type=eds");
    const text = JSON.stringify(resources.map(({ resource }: { resource: unknown }) => resource));
    return [...text.matchAll(/"address":"([^"]+)","portValue":(\d+)/g)].map(
      ([, address, port]) => `${address} ${port}`,
    );
  };
  assert.deepEqual(await endpoints(), ["10.0.0.1 80", "10.0.0.2 81", "fd00::3 82"]);
  await put("/s/pay/2", "example.com:81");
  await until("it is told", async () =>
    /\/s\/pay\/2: "example\.com:81" is not ADDRESS:PORT/.test((await brokenOf(running))[0]?.error),
  );
  await put("/s/pay/1", "10.0.0.9:80");
  await until("others go on", async () => (await endpoints()).includes("10.0.0.9 80"));
  assert.ok((await endpoints()).includes("10.0.0.2 81"));
  await put("/s/pay/2", "10.0.0.2:81");

  const error = async () => (await running.get("/readyz")).sources[0].error;
  link.refuse();
  await until("etcd is gone", async () => /etcd at .* does not answer/.test((await error()) ?? ""));
  await remove("/s/pay/1");
  assert.equal((await endpoints()).length, 3);
  link.heal();
  await until(
    "it is back",
    async () => (await endpoints()).join() === "10.0.0.2 81,fd00::3 82" && (await error()) === undefined,
  );
});
