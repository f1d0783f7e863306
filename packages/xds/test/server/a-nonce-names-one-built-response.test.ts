// protocol.md C3
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { RawXdsStream } from "../../src/client/raw-stream.ts";
import type { XdsResponse } from "../../src/client/response.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, resource, shareConnection, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;

test("no stream sees a nonce twice, and all are of one length (C3)", async (t) => {
  const { cache, stream } = await startServer(t);
  commit(cache, [resource(endpoints, "e", "0"), resource(cluster, "c", "0")]);
  const streams = [stream({ mode: "delta" }), stream({ mode: "delta" }), stream({ mode: "sotw" })];
  const seen = new Map<RawXdsStream, string[]>(streams.map((each) => [each, []]));
  const take = async (each: RawXdsStream, typeUrl: string): Promise<XdsResponse> => {
    const response = await each.nextAcked(typeUrl);
    seen.get(each)!.push(response.nonce);
    return response;
  };
  for (const each of streams) {
    each.subscribe(cluster);
    await take(each, cluster);
    each.subscribe(endpoints, ["e"]);
    await take(each, endpoints);
  }
  // The same content again and again: a re-send is built anew.
  for (let round = 0; round < 40; round++) {
    for (const each of streams.slice(0, 2)) {
      each.subscribe(endpoints, ["e"]);
      await take(each, endpoints);
    }
  }
  // Forth and back: the same way from state to state, twice.
  for (const content of ["1", "0", "1", "0"]) {
    commit(cache, [resource(endpoints, "e", content)]);
    for (const each of streams) await take(each, endpoints);
  }
  for (const nonces of seen.values()) assert.equal(new Set(nonces).size, nonces.length, nonces.join(" "));
  const lengths = new Set([...seen.values()].flat().map(({ length }) => length));
  assert.equal(lengths.size, 1);
});

test("streams of one client that share a response, but not its nonce, can each ACK (C3)", async (t) => {
  const { server, cache, stream, target } = await startServer(t);
  commit(cache, [resource(endpoints, "e", "0")]);
  const channel = shareConnection(t, target);
  const [slow, quick] = [1, 2].map(() => stream({ mode: "delta", typeUrl: endpoints, channel })) as [
    RawXdsStream,
    RawXdsStream,
  ];
  slow.subscribe(endpoints, ["e"]);
  const unanswered = await slow.next();
  quick.subscribe(endpoints, ["e"]);
  await quick.nextAcked();
  // Forth and back, which one of them does not see.
  for (const content of ["1", "0"]) {
    commit(cache, [resource(endpoints, "e", content)]);
    await quick.nextAcked();
  }
  slow.ack(unanswered);
  await waitFor("the late ACK", () => [...server.clients()][0]!.types.every(({ state }) => state === "SYNCED"));
  // Both now go from the same state to the same: what was built for the first way is new to one of them only.
  for (const content of ["1", "2", "3"]) {
    commit(cache, [resource(endpoints, "e", content)]);
    for (const each of [slow, quick]) await each.nextAcked();
    // An answer that is not recognised would hold up the next, for 5 s.
    await waitFor("both ACKs", () => [...server.clients()][0]!.types.every(({ state }) => state === "SYNCED"));
  }
});

test("who needs the same gets the same, built once (C3)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "c", "0")]);
  const streams = [1, 2, 3, 4, 5].map((index) => stream({ mode: "sotw", node: { id: `n${index}` } }));
  const nonces = new Set<string>();
  for (const each of streams) {
    each.subscribe(cluster);
    nonces.add((await each.nextAcked(cluster)).nonce);
  }
  const { builds } = server.work;
  commit(cache, [resource(cluster, "c", "1")]);
  for (const each of streams) nonces.add((await each.nextAcked(cluster)).nonce);
  assert.equal(nonces.size, 2);
  assert.equal(server.work.builds, builds + 1);
});
