import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { freePort } from "../../../../test/support/free-port.ts";
import { without } from "../../../../test/support/tools.ts";
import { build } from "../../../bench/scripts/peers/build-go.ts";
import { startPeer } from "../../../bench/test/support/running-peer.ts";
import { until } from "../support/until.ts";
import { relayOf, run } from "./support.ts";

for (const { mode, type } of [
  { mode: "delta", type: "clusters" },
  { mode: "sotw", type: "endpoints" },
] as const) {
  test(`a relay of go-control-plane's ${type} by ${mode}: many proxies, one stream, and the upstream may go and come`, async (t) => {
    const built = await build();
    if (built.kind === "left-out") return t.skip(without(built.reason).skip);
    const ports = ["--xds-port", String(await freePort()), "--control-port", String(await freePort())];
    const args = ["--type", type, "--resources", "3", "--endpoints", "2", ...ports];
    let peer = await startPeer(built.command, args);
    t.after(() => peer.end());
    const names = ["bench-0", "bench-1", "bench-2"];
    const types = type === "endpoints" ? { types: [{ type: "eds", names }] } : {};
    const relay = await run(t, relayOf([peer.xds], { mode, gatherMs: 50, ...types }));
    await relay.fairlead.ready;
    const typeUrl = TYPE_URLS[type === "clusters" ? "cluster" : "endpoints"];
    const clients = Array.from({ length: 20 }, (_, index) =>
      createXdsClient({ target: relay.target, mode: index % 2 ? "sotw" : "delta", node: { id: `proxy-${index}` } }),
    );
    t.after(() => Promise.all(clients.map((client) => client.close())));
    for (const client of clients) client.watch(typeUrl, type === "clusters" ? "*" : names);
    const haveMark = (sequence: number) =>
      clients.every((client) => {
        const value = client.resources(typeUrl).get("bench-1")?.value ?? new Uint8Array();
        return Buffer.from(value).includes(`change-${String(sequence).padStart(12, "0")}`);
      });
    await until("all have it", () => haveMark(0));
    await peer.change("sequence=5&resource=1");
    await until("all have the change", () => haveMark(5));

    assert.equal(await peer.end(), 0);
    await until("it is told", async () => (await relay.get("/readyz")).sources[0].error !== undefined);
    assert.ok(haveMark(5));
    assert.equal((await relay.held()).length, 3);
    peer = await startPeer(built.command, args);
    await peer.change("sequence=7&resource=1");
    await until("all have what came then", () => haveMark(7));
    await until("it is well", async () => (await relay.get("/readyz")).sources[0].error === undefined);
  });
}
