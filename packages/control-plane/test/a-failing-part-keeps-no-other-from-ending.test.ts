import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { test } from "node:test";
import { makeScratch } from "../../../test/support/scratch.ts";
import { configOf } from "../src/config/config.ts";
import { startFairlead } from "../src/serve.ts";

test("what fails in ending is told, and everything else has ended", async (t) => {
  const scratch = makeScratch("ending");
  t.after(() => scratch.remove());
  const listen = "127.0.0.1:0";
  let isEnding = false;
  const config = {
    ...configOf({ dataDir: scratch.path, xds: { listen }, admin: { listen } }),
    get drainMs(): number {
      if (isEnding) throw new Error("the first part to be ended fails");
      return 0;
    },
  };
  const fairlead = await startFairlead({ config });
  await fairlead.ready;
  const body = JSON.stringify({ resources: [cluster] });
  const headers = { "content-type": "application/json" };
  const put = await fetch(`${fairlead.adminUrl}/v1/groups/g/resources`, { method: "PUT", body, headers });
  assert.equal(put.status, 200);
  assert.ok(channel("fairlead:xds:acked").hasSubscribers);

  isEnding = true;
  await assert.rejects(fairlead.close(), /the first part to be ended fails/);

  assert.equal(channel("fairlead:xds:acked").hasSubscribers, false, "metrics, which end last, still listen");
  await assert.rejects(fetch(`${fairlead.adminUrl}/readyz`), "the admin API still answers");
});

const cluster = { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: "c", type: "STATIC" };
