// protocol.md "Known traps"
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, namesIn, remove, resource, startServer } from "./started-server.ts";

const { listener } = TYPE_URLS;
const addressed = (name: string, content = "") => resource(listener, name, content);
const api = (name: string, content = "") => resource(listener, name, content, { facts: { isApiListener: true } });

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: an Envoy, which asks for all listeners, is sent those that have an address`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(cache, [addressed("web"), api("shop")]);
    const envoy = stream({ mode, node: { id: "e", userAgentName: "envoy" } });
    const other = stream({ mode, node: { id: "o", userAgentName: "relay" } });
    for (const client of [envoy, other]) client.subscribe(listener);
    assert.deepEqual(namesIn(await envoy.nextAcked(listener)), ["web"]);
    assert.deepEqual(namesIn(await other.nextAcked(listener)), ["shop", "web"]);
    // Services come, change and go: nothing of it is an Envoy's business.
    commit(cache, [api("shop", "2"), api("cart")]);
    remove(cache, listener, ["cart"]);
    await other.nextAcked(listener);
    await envoy.expectNothing();
    // One that loses its address is gone for it, and comes back with one.
    commit(cache, [api("web", "2"), addressed("edge")]);
    assert.deepEqual(namesIn(await envoy.nextAcked(listener)), mode === "sotw" ? ["edge"] : ["edge", "-web"]);
    commit(cache, [addressed("shop", "3")]);
    assert.deepEqual(namesIn(await envoy.nextAcked(listener)), mode === "sotw" ? ["edge", "shop"] : ["shop"]);
  });

  test(`${mode}: a gRPC client gets the listener that it names`, async (t) => {
    const { cache, stream } = await startServer(t);
    commit(cache, [addressed("web"), api("shop")]);
    const client = stream({ mode, node: { id: "g", userAgentName: "gRPC Go" } });
    client.subscribe(listener, ["shop"]);
    assert.deepEqual(namesIn(await client.nextAcked(listener)), ["shop"]);
  });
}
