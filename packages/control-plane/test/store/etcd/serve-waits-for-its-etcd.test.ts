import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { pino } from "pino";
import { startEtcd } from "../../../../../test/support/etcd.ts";
import { freePort } from "../../../../../test/support/free-port.ts";
import { requireTool } from "../../../../../test/support/tools.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { configOf, formatHostPort, parseConfig } from "../../../src/config/config.ts";
import { startFairlead } from "../../../src/serve.ts";
import { openConfiguredStore } from "../../../src/store/open-configured.ts";
import { cluster } from "../../support/resources.ts";

const tool = requireTool("etcd");
const options = "skip" in tool ? { skip: tool.skip } : {};

test(
  "a replica waits for its etcd and says so again and again, serves on without it, and takes writes again when it is back",
  options,
  async (t) => {
    const waitedAloud = waitsAloud();
    const etcd = await startEtcd("path" in tool ? tool.path : "");
    t.after(() => etcd.close());
    const link = await etcd.link();
    link.refuse();
    const admin = `127.0.0.1:${await freePort()}`;
    const overrides = { xdsListen: "127.0.0.1:0", adminListen: admin, workers: 0, store: `${link.url}/fleet` };
    const starting = startFairlead({ config: parseConfig("", { overrides }) });
    const ask = async (path: string, body?: unknown) => {
      const request = body === undefined ? {} : { method: "PUT", body: JSON.stringify(body) };
      const response = await fetch(`http://${admin}${path}`, {
        ...request,
        headers: { "content-type": "application/json" },
      });
      return {
        status: response.status,
        retryAfter: response.headers.get("retry-after"),
        body: JSON.parse(await response.text()),
      };
    };
    const waiting = await waitFor("it to say that it waits", () => ask("/readyz").catch(() => undefined));
    assert.equal(waiting.status, 503);
    assert.match(waiting.body.reasons[0], /the store has not been read yet: etcd at 127\.0\.0\.1:\d+/);
    assert.equal((await ask("/healthz")).status, 200);
    const early = await ask("/v1/groups");
    assert.deepEqual([early.status, early.body.code], [503, "store-unavailable"]);

    link.heal();
    const fairlead = await starting;
    t.after(() => fairlead.close());
    await fairlead.ready;
    const put = (name: string) => ask("/v1/groups/default/resources", { resources: [cluster(name)] });
    assert.equal((await put("a")).status, 200);

    link.refuse();
    await waitFor("it to notice", async () => (await ask("/readyz")).body.store.reachable === false);
    const { status, retryAfter, body } = await put("b");
    assert.deepEqual([status, body.code], [503, "store-unavailable"]);
    assert.ok(Number(retryAfter) > 0, "no Retry-After");
    assert.equal((await ask("/readyz")).status, 200, "it serves on, so it is ready");
    const client = createXdsClient({ target: formatHostPort(fairlead.xdsAddress), node: { id: "n" }, mode: "sotw" });
    t.after(() => client.close());
    client.watch(TYPE_URLS.cluster, "*");
    await waitFor("a proxy to be served", () => client.resources(TYPE_URLS.cluster).has("a"));

    link.heal();
    await waitFor("writes to be taken again", async () => (await put("c")).status === 200);
    await waitedAloud;
    client.close();
    await fairlead.close();
  },
);

/** Of a store that is not there: how it is told, every 20 ms. */
async function waitsAloud(): Promise<void> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const ending = new AbortController();
  const config = configOf({ admin: { listen: "127.0.0.1:0" }, store: { etcd: { endpoints: [endpoint] } } });
  const opening = openConfiguredStore(config, { log, signal: ending.signal, sayAgainMs: 20 });
  const ended = assert.rejects(opening, { code: "store-closed" });
  await waitFor("it to say so again", () => lines.length >= 3);
  ending.abort();
  await ended;
  for (const { store, why } of lines) {
    assert.equal(store, `etcd://${endpoint}`);
    assert.match(String(why), /ECONNREFUSED/);
  }
}
