import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { formatHostPort } from "../src/config/config.ts";
import { start } from "./support/fairlead.ts";
import { until } from "./support/until.ts";

// A hang is given longer than the tests are.
const config = { programs: { timeoutMs: 600_000 } };
const options = { timeout: 60_000 };

test("a control plane ends while a program hangs at its start", options, async (t) => {
  const { fairlead } = await start(t, { files: { "a.ts": "for (;;);\n" }, config, waits: false });
  await fairlead.close();
});

test("a control plane ends while a program hangs for a node", options, async (t) => {
  const text = 'export const forNode = () => { console.log("asked"); for (;;); };\n';
  const { fairlead, request } = await start(t, { files: { "a.ts": text }, config });
  const client = createXdsClient({ target: formatHostPort(fairlead.xdsAddress), node: { id: "a" }, mode: "delta" });
  t.after(() => client.close());
  client.watch(TYPE_URLS.cluster, "*", {});
  await until("it is asked", async () => (await request("GET", "/v1/nodes?observers=true")).body.nodes.length === 1);
  await fairlead.close();
});
