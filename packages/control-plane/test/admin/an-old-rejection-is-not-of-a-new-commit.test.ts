import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { ClientStatus, TypeStatus } from "@fairlead/xds";
import { receptionOf } from "../../src/admin/reception.ts";

const COMMITTED_AT_MS = 1_000;

/** A proxy of the group `g` that holds what was before the commit, and rejected something at that time. */
function rejecting(atMs: number, names: readonly string[] = [], isSettled = true): ClientStatus {
  const type: TypeStatus = {
    typeUrl: TYPE_URLS.cluster,
    mode: "delta",
    streamId: 1,
    state: "REJECTED",
    isSettled,
    ackedVersion: "",
    sentVersion: "",
    confirmedRevision: 6,
    names: ["*"],
    lastAckAtMs: undefined,
    nack: { code: 3, message: "all of it", version: "", atMs },
    rejected: names.map((name) => ({ name, message: `not ${name}`, atMs })),
  };
  const node = { id: "n", cluster: "", locality: { region: "", zone: "", subZone: "" }, metadata: {} };
  return {
    node: { ...node, userAgentName: "", userAgentVersion: "", clientFeatures: [], sans: [] },
    group: "g",
    revision: 7,
    peer: "127.0.0.1:1",
    connectedAtMs: 0,
    isObserver: false,
    streams: [1],
    types: [type],
    waits: [],
  };
}

const receive = (client: ClientStatus, typeUrl: string = TYPE_URLS.cluster) => {
  const commit = { groups: new Set(["g"]), revision: 7, typeUrls: new Set([typeUrl]), committedAtMs: COMMITTED_AT_MS };
  const { acked, rejected, pending } = receptionOf([client], commit);
  return { acked, rejected: rejected.map(({ name, message }) => [name, message]), pending: pending.length };
};

test("a rejection from before a commit is of something older: the proxy has not answered yet", () => {
  assert.deepEqual(receive(rejecting(COMMITTED_AT_MS - 1)), { acked: 0, rejected: [], pending: 1 });
});

test("a rejection that another response follows is not the last word", () => {
  const answer = receive(rejecting(COMMITTED_AT_MS, ["a"], false));
  assert.deepEqual(answer, { acked: 0, rejected: [], pending: 1 });
});

test("a rejection since the commit is told in the proxy's words, by resource where that is known", () => {
  const whole = receive(rejecting(COMMITTED_AT_MS));
  assert.deepEqual(whole, { acked: 0, rejected: [[undefined, "all of it"]], pending: 0 });
  const named = receive(rejecting(COMMITTED_AT_MS, ["a", "b"]));
  const expected = [
    ["a", "not a"],
    ["b", "not b"],
  ];
  assert.deepEqual(named, { acked: 0, rejected: expected, pending: 0 });
});

test("a proxy whose types the commit did not change is not concerned", () => {
  assert.deepEqual(receive(rejecting(COMMITTED_AT_MS), TYPE_URLS.secret), { acked: 1, rejected: [], pending: 0 });
});
