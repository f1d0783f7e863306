import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd } from "../../../../test/support/etcd.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { waitFor } from "../../../../test/support/wait-for.ts";
import { openEtcd } from "../../src/store/etcd/open-etcd.ts";
import { parseEtcdUrl } from "../../src/store/etcd/settings.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};

test(
  "what a source left on a shared store is withdrawn once no replica has it, by who asks for it",
  options,
  async (t) => {
    const etcd = await startEtcd("path" in tool ? tool.path : "");
    t.after(() => etcd.close());
    const config = (id: string) => ({ store: { etcd: { endpoints: [...etcd.endpoints] } }, replica: { id } });
    const files = { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": fileOf(cluster("b"), cluster("c")) };
    const old = await start(t, { config: config("old"), files });
    const rest = await start(t, { config: config("rest") });
    await rest.put("edge", [cluster("d")]);
    const forget = (source: string) => rest.request("DELETE", `/v1/sources/${source}?dryRun=true`);
    const owned = async (group: string) => (await rest.request("GET", `/v1/groups/${group}/resources`)).body.resources;

    await waitFor("the files to be there", async () => (await owned("edge"))?.length === 3);
    const had = await forget("file");
    assert.deepEqual([had.status, had.body.code], [409, "source-configured"]);
    assert.match(had.body.detail, /configuration of replica old/);
    assert.match((await old.request("DELETE", "/v1/sources/file")).body.detail, /this replica's configuration/);
    assert.equal((await forget("api")).body.code, "source-configured");
    const none = await forget("dns");
    assert.deepEqual([none.status, none.body.code], [404, "source-unknown"]);
    assert.match(none.body.detail, /there is something: file\./);

    await old.fairlead.close();
    const ghost = openEtcd(parseEtcdUrl(etcd.url));
    const gone = ghost.replicate({ id: "ghost", adminUrl: "http://127.0.0.1:1" });
    const refused = await waitFor("a replica that does not answer", async () => {
      const { body } = await forget("file");
      return /ghost/.test(body.detail) && body;
    });
    assert.match(refused.detail, /Whether replica ghost has file .* is not known/);
    await gone.close();
    ghost.close();

    const run = (...args: string[]) =>
      runFairlead(t, ["source", "forget", "file", "--admin", rest.fairlead.adminUrl, ...args]);
    const shown = await waitFor("only those that are there to be asked", async () => {
      const { code, stdout } = await run("--dry-run");
      return code === 0 && stdout;
    });
    assert.equal(
      shown,
      "file left 3 resources in 2 groups\n  default: 1 resource\n  edge: 2 resources\ndry run: nothing was changed\n",
    );
    assert.equal((await owned("edge")).length, 3);
    assert.match((await run("--author", "ana")).stdout, /revision \d+: it is withdrawn/);
    assert.deepEqual(
      (await owned("edge")).map(({ name }: { name: string }) => name),
      ["d"],
    );
    assert.equal((await forget("file")).body.code, "source-unknown");
    const [newest] = (await rest.request("GET", "/v1/revisions?limit=1")).body.revisions;
    assert.deepEqual([newest.author, newest.reason], ["ana", "file is in no configuration any more"]);
    await rest.fairlead.close();
  },
);
