import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEtcd } from "../../../../test/support/etcd.ts";
import { freePort } from "../../../../test/support/free-port.ts";
import { makeScratch } from "../../../../test/support/scratch.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { waitFor } from "../../../../test/support/wait-for.ts";
import { fairlead } from "../support/cli.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};

/** More than the lease of a replica that was killed takes to end, and its adoption. */
const PATIENCE = { timeoutMs: 60_000 };

test(
  "heartbeats at any replica keep instances without a write; killed, its owner is adopted, and nothing flaps",
  options,
  async (t) => {
    const etcd = await startEtcd("path" in tool ? tool.path : "");
    t.after(() => etcd.close());
    const scratch = makeScratch("adoption");
    t.after(() => scratch.remove());
    const begin = async (id: string) => {
      const admin = `127.0.0.1:${await freePort()}`;
      const config = join(scratch.path, `${id}.yaml`);
      writeFileSync(config, `replica: { id: ${id} }\nregistry: { adoptAfterMs: 500, removeAfterMs: 500 }\n`);
      const args = [
        "--config",
        config,
        "--workers",
        "0",
        "--xds",
        "127.0.0.1:0",
        "--admin",
        admin,
        "--store",
        `${etcd.url}/fleet`,
      ];
      const command = fairlead(t, ["serve", ...args]);
      const ask = async (method: string, path: string, body?: unknown) => {
        const json = body !== undefined && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        };
        const response = await fetch(`http://${admin}${path}`, { method, ...json });
        const text = await response.text();
        return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
      };
      await waitFor(
        `${id} is ready`,
        async () =>
          command.process.exitCode !== null || (await ask("GET", "/readyz").catch(() => undefined))?.status === 200,
        PATIENCE,
      );
      assert.equal(command.process.exitCode, null, command.output.stderr);
      return { id, command, ask };
    };
    const [a, b, c] = await Promise.all([begin("a"), begin("b"), begin("c")]);
    const path = "/v1/services/web/instances";
    const ids = ["w-1", "w-2"];
    const put = async (id: string, port: number, ttlMs: number) =>
      assert.equal((await a.ask("PUT", `${path}/${id}`, { address: "10.0.0.1", port, ttlMs })).status, 201);
    for (const [index, id] of ids.entries()) await put(id, index + 1, 1_500);
    await put("quiet", 3, 600_000);
    const shown = async (replica: typeof a): Promise<Shown[]> => (await replica.ask("GET", path)).body.instances ?? [];
    await waitFor("b knows them", async () => (await shown(b)).length === 3);

    const beats: number[] = [];
    const beating = setInterval(async () => {
      for (const id of ids) {
        const { status } = await b.ask("POST", `${path}/${id}/heartbeat`).catch(() => ({ status: 0 }));
        beats.push(status);
      }
    }, 200);
    t.after(() => clearInterval(beating));
    const beatsOn = (count: number) => {
      const end = beats.length + count;
      return waitFor("heartbeats", () => beats.length >= end, PATIENCE);
    };
    const revisions = async (): Promise<Revision[]> => (await c.ask("GET", "/v1/revisions")).body.revisions;

    const { length: written } = await revisions();
    await beatsOn(30); // for two TTLs
    for (const { owner, healthy } of await shown(a)) assert.deepEqual([owner, healthy], ["a", true]);
    assert.equal((await revisions()).length, written, "heartbeats write nothing, wherever they come");

    a.command.process.kill("SIGKILL");
    await waitFor(
      "others own all of them",
      async () => {
        const instances = await shown(c);
        assert.deepEqual([instances.length, instances.every(({ healthy }) => healthy)], [3, true]);
        return instances.every(({ id, owner }) => (id === "quiet" ? owner !== "a" : owner === "b"));
      },
      PATIENCE,
    );
    await beatsOn(30);
    assert.deepEqual(new Set(beats), new Set([204]));
    const since = (await revisions()).slice(0, -written);
    assert.deepEqual(new Set(since.map(({ groupCount }) => groupCount)), new Set([0]), "no proxy hears of it");
    const keys = since.flatMap(({ documents }) => documents.map(({ key }) => key)).sort();
    assert.deepEqual(keys, ["adoptions/a", "instances/web/w-1", "instances/web/w-2"], "each is written once");
  },
);

interface Shown {
  readonly id: string;
  readonly owner: string;
  readonly healthy: boolean;
}

interface Revision {
  readonly groupCount: number;
  readonly documents: readonly { readonly key: string }[];
}
