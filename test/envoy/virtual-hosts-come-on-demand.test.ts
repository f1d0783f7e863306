import assert from "node:assert/strict";
import { startFairlead } from "../support/control-plane.ts";
import { type Got, get as getFrom } from "../support/get.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import { onDemandListener, type Resource, staticCluster, vhdsRoutes, virtualHost } from "../support/resources.ts";
import { describeLost } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const DELTA = ["ads-delta", "per-type-delta"] as const;

testFairleadInEveryMode(
  "virtual hosts follow under traffic, and one that nobody serves is 404 at once",
  async (stage) => {
    const hosts = (...more: readonly Resource[]) => [host("a", ["a.test", "test"], "c0"), ...more];
    await put(stage, hosts());
    await stage.envoy.waitUntilLive();
    await waitFor("the first host", async () => (await get(stage, "a.test")).by === id(stage, 0));
    // Traffic asks for `test`.
    const traffic = await startTraffic({ port: stage.port });
    try {
      // A connection that is lost waiting takes 10 s and more: `get` gives up before.
      assert.equal((await get(stage, "b.test")).status, 404);
      assert.equal((await get(stage, "b.test")).status, 404, "asked for again");
      await put(stage, hosts(host("b", ["b.test"], "c1"), host("wide", ["*.wide.test"], "c2")));
      await waitFor("the added host", async () => (await get(stage, "b.test")).by === id(stage, 1));
      assert.equal((await get(stage, "x.wide.test")).by, id(stage, 2));
      await put(stage, hosts(host("b", ["b.test"], "c2")));
      await waitFor("the changed host", async () => (await get(stage, "b.test")).by === id(stage, 2));
      await put(stage, hosts());
      await waitFor("the host to be removed", async () => (await get(stage, "b.test")).status === 404);
      // An update of the route configuration itself keeps its virtual hosts.
      for (const tag of ["2", "3"]) {
        await put(stage, hosts(host("b", ["b.test"], "c1")), tag);
        await waitFor("the routes", async () => (await get(stage, "b.test")).headers["x-tag"] === tag);
        assert.equal((await get(stage, "b.test")).by, id(stage, 1));
      }
      const report = await traffic.stop();
      assert.ok(report.sent > 0);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
    } finally {
      await traffic.kill();
    }
  },
  { modes: DELTA },
);

testFairleadInEveryMode(
  "with virtual hosts on demand, one is loaded when a request asks for it, and then followed",
  async (stage) => {
    await put(stage, [host("a", ["a.test"], "c0"), host("b", ["b.test", "*.b.test"], "c1")]);
    // Nothing is loaded, and yet nothing warms for ever.
    await stage.envoy.waitUntilLive(10_000);
    assert.deepEqual(await loaded(stage), []);
    assert.equal((await get(stage, "x.b.test")).by, id(stage, 1));
    assert.deepEqual(await loaded(stage), ["r/b"]);
    assert.equal((await get(stage, "nobody.test")).status, 404);
    assert.equal((await get(stage, "b.test")).by, id(stage, 1));
    await put(stage, [host("a", ["a.test"], "c1"), host("b", ["b.test", "*.b.test"], "c2")]);
    await waitFor("the change", async () => (await get(stage, "b.test")).by === id(stage, 2));
    assert.deepEqual(await loaded(stage), ["r/b"]);
    await put(stage, [host("a", ["a.test"], "c1")]);
    await waitFor("the removal", async () => (await get(stage, "b.test")).status === 404);
    assert.equal((await get(stage, "a.test")).by, id(stage, 1));
  },
  { modes: DELTA, start: (folder) => startFairlead({ folder, virtualHosts: "on-demand" }) },
);

function host(name: string, domains: readonly string[], cluster: string): Resource {
  return virtualHost(`r/${name}`, domains, cluster);
}

async function put({ mode, port, lab, accessLog, put }: Stage, hosts: readonly Resource[], tag = "1"): Promise<void> {
  const clusters = [0, 1, 2].map((number) => staticCluster(`c${number}`, lab.backends.pick("http", number).port));
  const listener = onDemandListener(mode, { name: "web", port, routes: { rds: "r" }, accessLog });
  await put([...clusters, listener, vhdsRoutes(mode, "r", tag), ...hosts]);
}

function id({ lab }: Stage, number: number): string {
  return lab.backends.pick("http", number).id;
}

function get({ port }: Stage, host: string): Promise<Got> {
  return getFrom(port, { host });
}

/** The virtual hosts that Envoy holds. */
async function loaded({ envoy }: Stage): Promise<readonly string[]> {
  const dump = JSON.parse(await envoy.admin("/config_dump?resource=dynamic_route_configs")) as {
    readonly configs?: readonly { readonly route_config: { readonly virtual_hosts?: readonly { name: string }[] } }[];
  };
  return (dump.configs ?? []).flatMap(({ route_config }) => route_config.virtual_hosts ?? []).map(({ name }) => name);
}
