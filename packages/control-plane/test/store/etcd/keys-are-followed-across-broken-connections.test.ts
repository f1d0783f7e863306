import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Etcd, type EtcdLink, startEtcd } from "../../../../../test/support/etcd.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { createEtcdClient, type EtcdClient } from "../../../src/store/etcd/client.ts";
import { EtcdError } from "../../../src/store/etcd/etcd-error.ts";
import { followKeys } from "../../../src/store/etcd/follow.ts";
import { keyBytes } from "../../../src/store/etcd/keys.ts";
import { parseEtcdUrl } from "../../../src/store/etcd/settings.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};
let etcd: Etcd;
let writer: EtcdClient;

before(async () => {
  if ("skip" in tool) return;
  etcd = await startEtcd(tool.path, { members: 3 });
  writer = createEtcdClient(parseEtcdUrl(etcd.url));
});
after(async () => {
  writer?.close();
  await etcd?.close();
});

/** Puts until it is known to be there. */
async function put(key: string, value: string): Promise<void> {
  const request = {
    success: [{ request: { case: "requestPut" as const, value: { key: keyBytes(key), value: keyBytes(value) } } }],
  };
  await waitFor(`${key} to be written`, () =>
    writer.txn(request, { timeoutMs: 1_500 }).then(
      () => true,
      () => false,
    ),
  );
}

function follow(link: EtcdLink, prefix: string) {
  const client = createEtcdClient(parseEtcdUrl(link.url));
  const values = new Map<string, string>();
  const told: string[] = [];
  const reached: boolean[] = [];
  let wholes = 0;
  const stop = followKeys(client, prefix, {
    whole(all) {
      wholes++;
      values.clear();
      for (const [key, { value }] of all) values.set(key, Buffer.from(value).toString());
    },
    changed(key, kv) {
      const text = kv && Buffer.from(kv.value).toString();
      told.push(`${key}=${text}`);
      if (text === undefined) values.delete(key);
      else values.set(key, text);
    },
    reachable: (isReachable) => reached.push(isReachable),
  });
  const close = () => {
    stop();
    client.close();
  };
  return { values, told, reached, wholes: () => wholes, close };
}

test(
  "what was written while the connection was cut or silent, and while a leader died, is told once and in order",
  options,
  async (t) => {
    const link = await etcd.link();
    const follower = follow(link, "/order/");
    t.after(follower.close);
    await waitFor("the first whole", () => follower.wholes() === 1);
    await put("/order/n", "1");
    link.refuse();
    await put("/order/n", "2");
    link.heal();
    await put("/order/n", "3");
    link.blackhole();
    await put("/order/n", "4");
    await waitFor("the silence to be noticed", () => follower.reached.at(-1) === false);
    link.heal();
    const leader = await etcd.leader();
    await leader.kill();
    await put("/order/n", "5");
    await leader.start();
    await put("/order/end", "end");
    await waitFor("the end", () => follower.values.get("/order/end") === "end");
    const inOrder = follower.told.filter((text, i) => text !== follower.told[i - 1]); // a write is repeated where its fate is unknown
    assert.deepEqual(inOrder, [..."12345"].map((n) => `/order/n=${n}`).concat("/order/end=end"));
    assert.equal(follower.wholes(), 1);
    assert.deepEqual(follower.reached, [true, false, true]);
  },
);

test("what was compacted away meanwhile is read anew", options, async (t) => {
  const link = await etcd.link();
  const follower = follow(link, "/compacted/");
  t.after(follower.close);
  await put("/compacted/gone", "1");
  await waitFor("the first value", () => follower.values.size === 1);
  link.refuse();
  const gone = { case: "requestDeleteRange" as const, value: { key: keyBytes("/compacted/gone") } };
  await writer.txn({ success: [{ request: gone }] });
  await put("/compacted/here", "2");
  const { header } = await writer.range({ key: keyBytes("/compacted/here") });
  const endpoint = etcd.endpoints[0]!;
  const body = JSON.stringify({ revision: String(header!.revision) });
  assert.equal((await fetch(`http://${endpoint}/v3/kv/compaction`, { method: "POST", body })).status, 200);
  link.heal();
  await waitFor("the state after the compaction", () => follower.wholes() === 2);
  assert.deepEqual([...follower.values], [["/compacted/here", "2"]]);
});

test("a call says which member did not answer, and whether it may have been made", options, async (t) => {
  const link = await etcd.link();
  const client = createEtcdClient({ ...parseEtcdUrl(link.url), callTimeoutMs: 1_000 });
  t.after(() => client.close());
  const read = () => client.range({ key: keyBytes("/x") });
  await read();
  link.blackhole();
  const isSilent = (error: unknown) =>
    error instanceof EtcdError &&
    error.etcdKind === "unknown" &&
    link.endpoints.some((endpoint) => error.message.includes(`${endpoint}: reading: no answer in time`));
  await assert.rejects(read(), isSilent);
  link.heal();
  await read();
});
