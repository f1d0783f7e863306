// protocol.md C4, C5
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { type ChannelMessages, xdsChannel } from "../../src/channels.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, resource, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: a rejection is recorded with code, message, version and time, until it is over (C5)`, async (t) => {
    const { server, cache, stream } = await startServer(t);
    commit(cache, [resource(cluster, "c", "1")]);
    const ads = stream({ mode });
    ads.subscribe(cluster);
    const good = await ads.nextAcked(cluster);
    commit(cache, [resource(cluster, "c", "bad")]);
    const bad = await ads.next(cluster);
    const before = Date.now();
    ads.nack(bad, "c: no");
    const status = () => [...server.clients()][0]!.types[0]!;
    const { nack, ackedVersion } = await waitFor("the NACK", () => status().state === "REJECTED" && status());
    assert.deepEqual([nack!.code, nack!.message, nack!.version], [3, "c: no", bad.version]);
    assert.ok(nack!.atMs >= before - 1_000 && nack!.atMs <= Date.now() + 1_000);
    assert.equal(ackedVersion, good.version);
    await ads.expectNothing();
    commit(cache, [resource(cluster, "c", "2")]);
    await ads.nextAcked(cluster);
    await waitFor("the ACK", () => status().state === "SYNCED");
    assert.equal(status().nack, undefined);
  });
}

test("of a rejection without end the beginning is kept (C5)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "c"), resource(cluster, "d")]);
  const ads = stream({ mode: "sotw" });
  ads.subscribe(cluster);
  ads.nack(await ads.next(cluster), `c: ${"no".repeat(500_000)}`);
  const status = () => [...server.clients()][0]!.types[0]!;
  const { nack } = await waitFor("the NACK", () => status().state === "REJECTED" && status());
  assert.ok(nack!.message.length < 70_000, `${nack!.message.length} characters`);
  assert.ok(nack!.message.startsWith("c: no"));
});

test("every push tells its cause (C4)", async (t) => {
  const pushed: string[] = [];
  const listen = ({ cause, typeUrl }: ChannelMessages["fairlead:xds:pushed"]) => {
    if (typeUrl === endpoints) pushed.push(cause);
  };
  xdsChannel("fairlead:xds:pushed").subscribe(listen);
  t.after(() => xdsChannel("fairlead:xds:pushed").unsubscribe(listen));
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(endpoints, "e", "1")]);
  const delta = stream({ mode: "delta" });
  delta.subscribe(endpoints, ["e"]);
  await delta.nextAcked(endpoints);
  delta.subscribe(endpoints, ["e"]);
  await delta.nextAcked(endpoints);
  commit(cache, [resource(endpoints, "e", "2")]);
  await delta.nextAcked(endpoints);
  assert.deepEqual(pushed, ["subscribed", "resubscribed", "changed"]);
});
