// protocol.md S6: GOAWAY on drain
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { cluster as realCluster } from "../support/real-resource.ts";
import { Poller } from "../support/rest-client.ts";
import { commit, resource, startServer } from "./started-server.ts";

const { cluster } = TYPE_URLS;

test("a drain ends a stream that has answered, and waits for one that has not (S6)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "c", "0")]);
  const [idle, busy] = [stream({ mode: "delta" }), stream({ mode: "delta" })];
  idle.subscribe(cluster);
  await idle.nextAcked();
  busy.subscribe(cluster);
  const unanswered = await busy.next();

  let isDrained = false;
  const drained = server.drain().then(() => {
    isDrained = true;
  });
  const { code, message } = await idle.ended;
  assert.equal(code, 14, "UNAVAILABLE, on which clients connect anew");
  assert.match(message, /draining/);
  assert.equal(isDrained, false);
  busy.ack(unanswered);
  assert.equal((await busy.ended).code, 14);
  await drained;
});

test("a drain does not wait for the next poll of one who polls: it comes to another server (S6, S2)", async (t) => {
  const { server, cache, target } = await startServer(t);
  commit(cache, [realCluster("c")]);
  assert.deepEqual(await new Poller(target, "clusters").poll(), ["c"]);
  await server.drain();
  assert.deepEqual([...server.clients()], []);
});
