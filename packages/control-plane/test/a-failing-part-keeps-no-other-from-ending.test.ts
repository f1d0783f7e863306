import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeScratch } from "../../../test/support/scratch.ts";
import { configOf } from "../src/config/config.ts";
import { startFairlead } from "../src/serve.ts";

test("what fails in ending is told, and everything else has ended", async (t) => {
  if (process.platform !== "linux") return t.skip("only Linux shows a process its open files");
  const scratch = makeScratch("ending");
  t.after(() => scratch.remove());
  const listen = "127.0.0.1:0";
  const config = configOf({ dataDir: scratch.path, drainMs: 0, xds: { listen }, admin: { listen } });
  const fairlead = await startFairlead({ config });
  await fairlead.ready;
  const body = JSON.stringify({ resources: [cluster] });
  const headers = { "content-type": "application/json" };
  const put = await fetch(`${fairlead.adminUrl}/v1/groups/g/resources`, { method: "PUT", body, headers });
  assert.equal(put.status, 200);
  assert.ok(channel("fairlead:xds:acked").hasSubscribers);

  // The journal's file is closed under it: its own close fails.
  closeSync(openFile(join(scratch.path, "clusters.jsonl")));
  await assert.rejects(fairlead.close(), { code: "EBADF" });

  assert.equal(
    channel("fairlead:xds:acked").hasSubscribers,
    false,
    "metrics, which end after the journal, still listen",
  );
  await assert.rejects(fetch(`${fairlead.adminUrl}/readyz`), "the admin API still answers");
});

const cluster = { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: "c", type: "STATIC" };

/** This process's number of a file it has open. */
function openFile(path: string): number {
  const isIt = (number: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === path;
    } catch {
      return false; // closed since it was listed
    }
  };
  const number = readdirSync("/proc/self/fd").find(isIt);
  assert.ok(number !== undefined, `${path} is not open`);
  return Number(number);
}
