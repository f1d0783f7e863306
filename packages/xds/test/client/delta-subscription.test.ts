import assert from "node:assert/strict";
import { test } from "node:test";
import { DeltaSubscription } from "../../src/client/delta-subscription.ts";
import { receiveDelta } from "../../src/client/response.ts";
import { wantedOf } from "../../src/client/wanted.ts";
import { readDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { writeDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeResourceWrapper } from "../../src/wire/resource-wrapper.ts";
import { CLUSTER, deltaResponse, ENDPOINTS } from "./support.ts";

const node = Uint8Array.of(0x0a, 1, 0x6e);

/** What a request says, but for what is empty. */
function said(bytes: Uint8Array | undefined): object | undefined {
  if (!bytes) return undefined;
  const request = readDeltaDiscoveryRequest(bytes);
  const versions = Object.fromEntries(request.initialResourceVersions);
  return {
    ...(request.subscribe.length > 0 && { subscribe: request.subscribe }),
    ...(request.unsubscribe.length > 0 && { unsubscribe: request.unsubscribe }),
    ...(request.initialResourceVersions.size > 0 && { versions }),
    ...(request.nonce && { nonce: request.nonce }),
    ...(request.errorDetail && { errorDetail: request.errorDetail }),
    ...(request.node && { node: true }),
  };
}

function wanting(typeUrl: string, ...names: string[]): DeltaSubscription {
  const subscription = new DeltaSubscription(typeUrl);
  subscription.want(wantedOf(names));
  return subscription;
}

test("a wildcard is said by silence where that is understood, else by name", () => {
  assert.deepEqual(said(wanting(CLUSTER, "*").ask(node)), { node: true });
  assert.deepEqual(said(wanting(ENDPOINTS, "*").ask(undefined)), { subscribe: ["*"] });
  assert.deepEqual(said(wanting(CLUSTER, "*", "a").ask(undefined)), { subscribe: ["*", "a"] });
});

test("only what changed in the names is said", () => {
  const subscription = wanting(CLUSTER, "*");
  subscription.ask(node);
  subscription.want(wantedOf(["*", "a", "b"]));
  assert.deepEqual(said(subscription.ask(undefined)), { subscribe: ["a", "b"] });
  subscription.want(wantedOf(["b", "c"]));
  assert.deepEqual(said(subscription.ask(undefined)), { subscribe: ["c"], unsubscribe: ["*", "a"] });
  assert.equal(subscription.ask(undefined), undefined);
});

test("an ACK and a NACK say the nonce and nothing of the names", () => {
  const subscription = wanting(ENDPOINTS, "a");
  subscription.ask(node);
  const { ack } = subscription.accept(deltaResponse(ENDPOINTS, "n1", ["a=1"]));
  assert.deepEqual(said(ack), { nonce: "n1" });
  const errorDetail = { code: 3, message: "no" };
  const nack = subscription.reject(deltaResponse(ENDPOINTS, "n2", ["a=2"]), errorDetail);
  assert.deepEqual(said(nack), { nonce: "n2", errorDetail });
  assert.equal(subscription.resources.get("a")?.version, "1");
});

test("a new stream is told what is held, by version", () => {
  const subscription = wanting(ENDPOINTS, "a", "b", "c");
  subscription.ask(node);
  subscription.accept(deltaResponse(ENDPOINTS, "n1", ["a=1", "b=1"]));
  subscription.accept(deltaResponse(ENDPOINTS, "n2", ["b=2"]));
  subscription.disconnect();
  const first = said(subscription.ask(node));
  assert.deepEqual(first, { subscribe: ["a", "b", "c"], versions: { a: "1", b: "2" }, node: true });
  subscription.want(wantedOf(["a"]));
  assert.deepEqual(said(subscription.ask(undefined)), { unsubscribe: ["b", "c"] });
});

test("a version that changed without content is remembered for the next stream", () => {
  const subscription = wanting(ENDPOINTS, "a");
  subscription.accept(deltaResponse(ENDPOINTS, "n1", ["a=1"]));
  const { value } = subscription.resources.get("a")!;
  const any = Buffer.concat([Buffer.of(0x12, value.length), value]);
  const wrapper = encodeResourceWrapper({ name: "a", version: "2", any });
  const message = { systemVersionInfo: "", typeUrl: ENDPOINTS, nonce: "n2", removed: [], controlPlaneId: "" };
  const again = receiveDelta(writeDeltaDiscoveryResponse({ ...message, resources: [wrapper] }));
  assert.deepEqual(subscription.accept(again).changed, []);
  assert.deepEqual(said(subscription.ask(undefined)), { subscribe: ["a"], versions: { a: "2" } });
});

test("a removed resource is gone, a name that does not exist is told once", () => {
  const subscription = wanting(ENDPOINTS, "a", "b");
  subscription.ask(node);
  assert.deepEqual(subscription.accept(deltaResponse(ENDPOINTS, "n1", ["a=1"], ["b"])).removed, ["b"]);
  assert.deepEqual(subscription.accept(deltaResponse(ENDPOINTS, "n2", [], ["a", "b", "other"])).removed, ["a"]);
  assert.deepEqual([...subscription.resources.keys()], []);
  const { changed } = subscription.accept(deltaResponse(ENDPOINTS, "n3", ["b=1"]));
  assert.deepEqual(
    changed.map(({ resource }) => resource.name),
    ["b"],
  );
  assert.deepEqual(subscription.accept(deltaResponse(ENDPOINTS, "n4", [], ["b"])).removed, ["b"]);
});

test("a heartbeat changes nothing", () => {
  const subscription = wanting(ENDPOINTS, "a");
  subscription.accept(deltaResponse(ENDPOINTS, "n1", ["a=1"]));
  const heartbeat = encodeResourceWrapper({ name: "a", version: "1", any: undefined, ttlMs: 1000 });
  const message = { systemVersionInfo: "", typeUrl: ENDPOINTS, nonce: "n2", removed: [], controlPlaneId: "" };
  const response = receiveDelta(writeDeltaDiscoveryResponse({ ...message, resources: [heartbeat] }));
  assert.deepEqual(subscription.accept(response).changed, []);
  assert.equal(subscription.resources.get("a")?.version, "1");
});

test("a resource that was asked for by an alias is taken", () => {
  const subscription = wanting(ENDPOINTS, "alias");
  const wrapper = encodeResourceWrapper({ name: "a", version: "1", aliases: ["alias"], any: Buffer.of(0x12, 0) });
  const message = { systemVersionInfo: "", typeUrl: ENDPOINTS, nonce: "n", removed: [], controlPlaneId: "" };
  const response = receiveDelta(writeDeltaDiscoveryResponse({ ...message, resources: [wrapper] }));
  assert.equal(subscription.accept(response).changed.length, 1);
});
