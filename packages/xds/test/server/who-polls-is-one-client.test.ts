// protocol.md O1, "Keyed by client" and "REST"
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { xdsChannel } from "../../src/channels.ts";
import { cluster, realResource, routesTo } from "../support/real-resource.ts";
import { giveUpAnAnswer, Poller, type RestOptions, rest } from "../support/rest-client.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, namesIn, type StartedServer, startServer } from "./started-server.ts";

const routes = { resourceNames: ["r"] };

/** A server with a route to cluster `a`, and who polls for both and has both. */
async function startPolled(t: TestContext, options: Parameters<typeof startServer>[1] = {}, rest?: RestOptions) {
  const started = await startServer(t, options);
  commit(started.cache, [cluster("a"), routesTo("r", "a")]);
  const pollers = pollersOf(started, rest);
  assert.deepEqual(await pollers.clusters.poll(), ["a"]);
  assert.deepEqual(await pollers.routes.poll(), ["r"]);
  for (const poller of Object.values(pollers)) assert.equal(await poller.poll(), "unchanged");
  return { ...started, ...pollers };
}

function pollersOf({ target }: StartedServer, options: RestOptions = {}) {
  return {
    clusters: new Poller(target, "clusters", {}, options),
    routes: new Poller(target, "routes", routes, options),
  };
}

for (const [how, options] of [
  ["each on a connection of its own", {}],
  ["on one connection", { agent: new Agent({ keepAlive: true, maxSockets: 1 }) }],
  ["by HTTP/2", { http2: true }],
] as const) {
  test(`polls ${how} are one client: a route waits until its cluster's version is heard (O1)`, async (t) => {
    if ("agent" in options) t.after(() => options.agent.destroy());
    const { server, cache, clusters, routes } = await startPolled(t, {}, options);
    assert.equal([...server.clients()].length, 1);
    commit(cache, [cluster("b"), routesTo("r", "b")]);
    assert.equal(await routes.poll(), "unchanged");
    assert.deepEqual(await clusters.poll(), ["a", "b"]);
    assert.equal(await routes.poll(), "unchanged");
    assert.equal(await clusters.poll(), "unchanged");
    assert.deepEqual(await routes.poll(), ["r"]);
  });
}

test("who says something else of itself is another client (O1)", async (t) => {
  const { server, target } = await startPolled(t);
  const other = new Poller(target, "clusters", { node: { id: "n", metadata: { pod: "2" } } });
  assert.deepEqual(await other.poll(), ["a"]);
  assert.equal([...server.clients()].length, 2);
});

test("a presumed rejection is shown with its version (O1, C5)", async (t) => {
  const { server, cache, clusters } = await startPolled(t);
  commit(cache, [cluster("b")]);
  const { json } = await clusters.ask();
  assert.equal((await clusters.ask()).status, 200, "the first answer may have been lost");
  assert.equal((await clusters.ask()).status, 304);
  const status = [...server.clients()][0]?.types.find(({ typeUrl }) => typeUrl === TYPE_URLS.cluster);
  assert.equal(status?.mode, "poll");
  assert.equal(status?.state, "REJECTED");
  assert.equal(status?.nack?.version, json?.versionInfo);
  assert.match(status?.nack?.message ?? "", new RegExp(`presumed rejected: .*${clusters.version}`));
  commit(cache, [cluster("b", "2s")]);
  assert.deepEqual(await clusters.poll(), ["a", "b"]);
  assert.equal(await clusters.poll(), "unchanged");
  assert.equal([...server.clients()][0]?.types.find(({ typeUrl }) => typeUrl === TYPE_URLS.cluster)?.state, "SYNCED");
});

test("an answer that did not arrive is given again as often as it takes (O1)", async (t) => {
  const { cache, clusters, target } = await startPolled(t);
  // More than a socket holds on its way, so that it is known not to have arrived.
  const filterMetadata = { long: { text: "x".repeat(1_000_000) } };
  const large = Array.from({ length: 12 }, (_, index) =>
    realResource(TYPE_URLS.cluster, { name: `large-${index}`, metadata: { filterMetadata } }),
  );
  commit(cache, large);
  for (let time = 0; time < 4; time++)
    await giveUpAnAnswer(target, "/v3/discovery:clusters", { node: { id: "n" }, versionInfo: clusters.version });
  assert.equal((await clusters.poll()).length, 13);
});

test("who polls no more is forgotten, and told of as it was when it came (O1)", async (t) => {
  const told: string[] = [];
  const hear = (what: string) => (message: { streamId: number; nodeId: string }) =>
    void told.push(`${what} ${message.nodeId} ${message.streamId}`);
  const [came, left] = [hear("came"), hear("left")];
  xdsChannel("fairlead:xds:stream-identified").subscribe(came);
  xdsChannel("fairlead:xds:poller-forgotten").subscribe(left);
  t.after(() => {
    xdsChannel("fairlead:xds:stream-identified").unsubscribe(came);
    xdsChannel("fairlead:xds:poller-forgotten").unsubscribe(left);
  });
  const { server } = await startPolled(t, { stage: { silenceDeadlineMs: 100, unpacedPollMs: 100 } });
  await waitFor("the client to be forgotten", () => [...server.clients()].length === 0);
  const [first, ...others] = told;
  assert.match(first ?? "", /^came n \d+$/);
  assert.deepEqual(others, [first!.replace("came", "left")]);
});

test("what one client polls for, and all of them, is bounded (O1)", async (t) => {
  const limits = { maxPolledSubscriptionsPerClient: 2, maxPolledSubscriptions: 3 };
  const { target, cache } = await startServer(t, { listen: { port: 0, limits } });
  commit(cache, [cluster("a")]);
  const ask = async (id: string, names: string[]) => {
    const answer = await rest(target, "/v3/discovery:clusters", { node: { id }, resource_names: names });
    return [answer.status, answer.json?.detail ?? ""];
  };
  assert.deepEqual(await ask("n", ["a"]), [200, ""]);
  assert.deepEqual(await ask("n", ["b", "a"]), [200, ""]);
  assert.deepEqual(await ask("n", ["a", "b", "a"]), [200, ""], "the same names");
  assert.deepEqual(await ask("n", ["c"]), [429, "more than 2 subscriptions by polls of one client"]);
  assert.deepEqual(await ask("m", ["a"]), [200, ""]);
  assert.deepEqual(await ask("o", ["a"]), [429, "more than 3 subscriptions by polls"]);
});

test("who polls for one type and has streams for others is one client (O1)", async (t) => {
  const started = await startServer(t);
  const { server, cache, stream } = started;
  commit(cache, [cluster("a"), routesTo("r", "a")]);
  const { clusters } = pollersOf(started);
  assert.deepEqual(await clusters.poll(), ["a"]);
  const streamed = stream({ mode: "sotw", typeUrl: TYPE_URLS.routes });
  streamed.subscribe(TYPE_URLS.routes, ["r"]);
  await streamed.nextAcked();
  assert.equal([...server.clients()].length, 1);
  commit(cache, [cluster("b"), routesTo("r", "b")]);
  assert.deepEqual(await clusters.poll(), ["a", "b"]);
  assert.equal(streamed.pending.length, 0);
  assert.equal(await clusters.poll(), "unchanged");
  assert.deepEqual(namesIn(await streamed.nextAcked()), ["r"]);
});
