import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd } from "../../../../../test/support/etcd.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { keysUnder } from "../../../src/store/etcd/keys.ts";
import { put, removeRange } from "../../../src/store/etcd/operations.ts";
import { openLog, record } from "./logs.ts";

const tool = requireTool("etcd");

test("a full etcd refuses commits as full, is read on, and takes them again once it has room", {
  ...("skip" in tool && { skip: tool.skip }),
}, async (t) => {
  const etcd = await startEtcd("path" in tool ? tool.path : "", { flags: ["--quota-backend-bytes=4000000"] });
  t.after(() => etcd.close());
  const ask = async (path: string, body: object) => {
    const response = await fetch(`http://${etcd.endpoints[0]}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, path);
  };
  const { log, client } = await openLog(t, etcd, "/full");
  assert.equal(await log.append([record(1)], 0), "appended");
  const fill = async () => {
    for (let i = 0; ; i++) await client.txn({ success: [put(`/ballast/${i}`, new Uint8Array(1_000_000))] });
  };
  await assert.rejects(fill(), { code: "store-full" });
  await assert.rejects(log.append([record(2)], 1), { code: "store-full", message: /etcdctl alarm disarm/ });
  const [newest] = await log.read({ from: 0, to: 1_000, limit: 1 });
  assert.equal(newest!.revision, 1);

  const { header } = await client.txn({ success: [removeRange(keysUnder("/ballast/"))] });
  await ask("kv/compaction", { revision: String(header!.revision), physical: true });
  await ask("maintenance/defragment", {});
  await ask("maintenance/alarm", { action: "DEACTIVATE", alarm: "NOSPACE", memberID: String(header!.memberId) });
  assert.equal(await log.append([record(3)], 1), "appended");
});
