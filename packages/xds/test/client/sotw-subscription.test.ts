import assert from "node:assert/strict";
import { test } from "node:test";
import { SotwSubscription } from "../../src/client/sotw-subscription.ts";
import { wantedOf } from "../../src/client/wanted.ts";
import { readDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { CLUSTER, ENDPOINTS, sotwResponse } from "./support.ts";

const node = Uint8Array.of(0x0a, 1, 0x6e);

/** What a request says, but for what is empty. */
function said(bytes: Uint8Array | undefined): object | undefined {
  if (!bytes) return undefined;
  const { resourceNames, versionInfo, nonce, errorDetail, node: sentNode } = readDiscoveryRequest(bytes);
  return {
    names: resourceNames,
    ...(versionInfo && { version: versionInfo }),
    ...(nonce && { nonce }),
    ...(errorDetail && { errorDetail }),
    ...(sentNode && { node: true }),
  };
}

function wanting(typeUrl: string, ...names: string[]): SotwSubscription {
  const subscription = new SotwSubscription(typeUrl);
  subscription.want(wantedOf(names));
  return subscription;
}

test("a wildcard is said by silence where that is understood, else by name", () => {
  assert.deepEqual(said(wanting(CLUSTER, "*").ask(node)), { names: [], node: true });
  assert.deepEqual(said(wanting(ENDPOINTS, "*").ask(undefined)), { names: ["*"] });
  assert.deepEqual(said(wanting(CLUSTER, "*", "a").ask(undefined)), { names: ["*", "a"] });
});

test("once a name was sent, a wildcard is said by name", () => {
  const subscription = wanting(CLUSTER, "*");
  subscription.ask(undefined);
  subscription.want(wantedOf(["*", "a"]));
  assert.deepEqual(said(subscription.ask(undefined)), { names: ["*", "a"] });
  subscription.want(wantedOf(["*"]));
  assert.deepEqual(said(subscription.ask(undefined)), { names: ["*"] });
  subscription.want(wantedOf([]));
  assert.deepEqual(said(subscription.ask(undefined)), { names: [] });
});

test("nothing is asked where nothing is wanted, and nothing twice", () => {
  assert.equal(wanting(CLUSTER).ask(node), undefined);
  const subscription = wanting(CLUSTER, "a");
  assert.notEqual(subscription.ask(node), undefined);
  assert.equal(subscription.ask(undefined), undefined);
});

test("an ACK repeats the names and says version and nonce of the response", () => {
  const subscription = wanting(ENDPOINTS, "a", "b");
  subscription.ask(node);
  const { ack, changed } = subscription.accept(sotwResponse(ENDPOINTS, "1", "n1", ["a=x", "b=y"]));
  assert.deepEqual(said(ack), { names: ["a", "b"], version: "1", nonce: "n1" });
  assert.deepEqual(
    changed.map(({ resource }) => resource.name),
    ["a", "b"],
  );
});

test("a NACK says the nonce of the response and the version before it, and changes nothing", () => {
  const subscription = wanting(ENDPOINTS, "a");
  subscription.ask(node);
  subscription.accept(sotwResponse(ENDPOINTS, "1", "n1", ["a=x"]));
  const held = subscription.resources.get("a");
  const errorDetail = { code: 3, message: "no" };
  const nack = subscription.reject(sotwResponse(ENDPOINTS, "2", "n2", ["a=bad"]), errorDetail);
  assert.deepEqual(said(nack), { names: ["a"], version: "1", nonce: "n2", errorDetail });
  assert.equal(subscription.resources.get("a"), held);
  assert.equal(subscription.version, "1");
});

test("a new stream is told the version and no nonce", () => {
  const subscription = wanting(CLUSTER, "*", "a");
  subscription.ask(node);
  subscription.accept(sotwResponse(CLUSTER, "1", "n1", ["a=x"]));
  subscription.disconnect();
  assert.deepEqual(said(subscription.ask(node)), { names: ["*", "a"], version: "1", node: true });
  subscription.disconnect();
  subscription.want(wantedOf(["*"]));
  assert.deepEqual(said(subscription.ask(node)), { names: [], version: "1", node: true });
});

test("a cluster that a response lacks is gone, and told so once", () => {
  const subscription = wanting(CLUSTER, "*", "never");
  subscription.ask(node);
  assert.deepEqual(subscription.accept(sotwResponse(CLUSTER, "1", "n1", ["a=x", "b=x"])).removed, ["never"]);
  const { changed, removed } = subscription.accept(sotwResponse(CLUSTER, "2", "n2", ["b=x"]));
  assert.deepEqual({ changed, removed }, { changed: [], removed: ["a"] });
  assert.deepEqual([...subscription.resources.keys()], ["b"]);
  assert.deepEqual(subscription.accept(sotwResponse(CLUSTER, "3", "n3", ["b=x"])).removed, []);
});

test("endpoints that a response lacks stay", () => {
  const subscription = wanting(ENDPOINTS, "a", "b");
  subscription.ask(node);
  subscription.accept(sotwResponse(ENDPOINTS, "1", "n1", ["a=x", "b=x"]));
  const { removed, changed } = subscription.accept(sotwResponse(ENDPOINTS, "2", "n2", ["b=y"]));
  assert.deepEqual(removed, []);
  assert.deepEqual(
    changed.map(({ resource, previous }) => [resource.name, resource.version, previous?.version]),
    [["b", "2", "1"]],
  );
  assert.deepEqual([...subscription.resources.keys()], ["a", "b"]);
});

test("what is no longer wanted is forgotten, and not taken up when it arrives late", () => {
  const subscription = wanting(ENDPOINTS, "a", "b");
  subscription.ask(node);
  subscription.accept(sotwResponse(ENDPOINTS, "1", "n1", ["a=x", "b=x"]));
  subscription.want(wantedOf(["b"]));
  assert.deepEqual([...subscription.resources.keys()], ["b"]);
  assert.deepEqual(subscription.accept(sotwResponse(ENDPOINTS, "2", "n2", ["a=y"])).changed, []);
  assert.deepEqual([...subscription.resources.keys()], ["b"]);
});
