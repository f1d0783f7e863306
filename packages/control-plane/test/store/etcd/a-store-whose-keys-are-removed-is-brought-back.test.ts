import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startEtcd } from "../../../../../test/support/etcd.ts";
import { makeScratch } from "../../../../../test/support/scratch.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { createEtcdClient } from "../../../src/store/etcd/client.ts";
import { keysUnder } from "../../../src/store/etcd/keys.ts";
import { removeRange } from "../../../src/store/etcd/operations.ts";
import { parseEtcdUrl } from "../../../src/store/etcd/settings.ts";
import { runFairlead } from "../../support/cli.ts";
import { start } from "../../support/fairlead.ts";
import { cluster } from "../../support/resources.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};

test(
  "keys that are removed under replicas are told of at once, what they held is served on, and a backup of theirs brings it back",
  options,
  async (t) => {
    const etcd = await startEtcd("path" in tool ? tool.path : "");
    t.after(() => etcd.close());
    const link = await etcd.link();
    const scratch = makeScratch("lost-keys");
    t.after(scratch.remove);
    const store = ({ endpoints }: { readonly endpoints: readonly string[] }) => ({
      store: { etcd: { endpoints: [...endpoints] } },
    });
    const one = await start(t, { config: store(etcd), files: { "a.yaml": "resources: []\n" } });
    const other = await start(t, { config: store(link) });
    const both = [one, other];
    assert.equal((await one.put("g", [cluster("a"), cluster("b")])).status, 200);
    const trouble = async ({ request }: typeof one) => (await request("GET", "/readyz")).body.store.error;
    const held = async ({ request }: typeof one) =>
      (await request("GET", "/v1/groups/g/resources")).body.resources?.map(({ name }: { name: string }) => name).join();

    await waitFor("the other to know it", async () => (await held(other)) === "a,b");
    link.refuse(); // it finds out later
    const client = createEtcdClient(parseEtcdUrl(etcd.url));
    t.after(() => client.close());
    await client.txn({ success: [removeRange(keysUnder("/fairlead/"))] });
    const { status, body } = await one.put("g", [cluster("c")]);
    assert.equal(status, 503);
    assert.match(body.detail, /somebody removed the keys under \/fairlead\. .*fairlead restore/);
    assert.match(await trouble(one), /somebody removed the keys/);
    assert.equal(await held(one), "a,b");
    assert.equal((await one.request("GET", "/readyz")).status, 200, "it serves on");

    const file = join(scratch.path, "backup");
    const backup = await runFairlead(t, ["backup", file, "--admin", one.fairlead.adminUrl]);
    assert.equal(backup.code, 0, backup.stderr);
    const restore = await runFairlead(t, ["restore", file, "--store", etcd.url]);
    assert.equal(restore.code, 0, restore.stderr);
    link.heal();
    for (const each of both) await waitFor("writes to be taken", async () => (await trouble(each)) === undefined);
    assert.deepEqual(await Promise.all(both.map(held)), ["a,b", "a,b"]);
    assert.equal((await one.put("g", [cluster("c")])).status, 200);
    await waitFor("the other to follow", async () => (await held(other)) === "c");
    await Promise.all(both.map(({ fairlead }) => fairlead.close())); // while there is an etcd to take leave of
  },
);
