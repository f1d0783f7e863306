import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { readEvents } from "../support/events.ts";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("revisions, proxies, their answers, convergence and faults are told as they happen; the end says why", async (t) => {
  const files = { "g/a.yaml": fileOf(cluster("from-file")) };
  const running = await start(t, { files, config: { groups: [{ group: "g" }] } });
  const { put, proxy, write, fairlead } = running;
  const reader = await readEvents(t, `${fairlead.adminUrl}/v1/events`);
  assert.match(String(reader.response.headers["content-type"]), /^text\/event-stream/);
  const first = await reader.find("a start", ({ type }) => type === "start");
  assert.equal(typeof first.data.revision, "number");

  const picky = proxy("picky", ({ resources }) => resources.find(({ name }) => name === "bad") && "no, thank you");
  proxy("watcher", undefined, "fairlead-watch/1");
  const connected = await reader.find("a connection", ({ type }) => type === "connected");
  assert.deepEqual([connected.data.node, connected.data.group], ["picky", "g"]);
  await reader.find("its ACK", ({ type, data }) => type === "acked" && data.typeUrl === TYPE_URLS.cluster);

  const { revision } = (await put("g", [cluster("good")], "?reason=why%20not")).body;
  const told = await reader.find("the revision", ({ type, data }) => type === "revision" && data.revision === revision);
  assert.deepEqual([told.data.owners, told.data.reason, told.data.groups[0].counts.added], [["api"], "why not", 1]);
  const isConverged = (of: number) => (event: { type: string; data: { revision: number } }) =>
    event.type === "converged" && event.data.revision === of;
  const converged = await reader.find("convergence", isConverged(revision));
  assert.deepEqual([converged.data.group, converged.data.acked, converged.data.rejected], ["g", 1, 0]);

  const bad = (await put("g", [cluster("bad")])).body.revision;
  const nacked = await reader.find("a NACK", ({ type }) => type === "nacked");
  assert.deepEqual([nacked.data.node, nacked.data.message], ["picky", "no, thank you"]);
  assert.equal((await reader.find("convergence by rejection", isConverged(bad))).data.rejected, 1);

  write("g/a.yaml", "broken: [");
  const faulty = await reader.find("a fault", ({ type }) => type === "faulty");
  assert.equal(faulty.data.faults[0].file, "g/a.yaml");
  write("g/a.yaml", files["g/a.yaml"]);
  await reader.find("recovery", ({ type }) => type === "recovered");
  await picky.close();
  await reader.find("the proxy's end", ({ type, data }) => type === "disconnected" && data.node === "picky");
  assert.ok(!reader.events.some(({ data }) => data.node === "watcher"), "who only watches is nobody's news");

  await fairlead.close();
  const last = await reader.find("the end", ({ type }) => type === "end");
  assert.equal(last.data.reason, "draining");
  await until("the stream is over", reader.isEnded);
});

test("a reader chooses types and group", async (t) => {
  const { put, request, fairlead } = await start(t);
  const reader = await readEvents(t, `${fairlead.adminUrl}/v1/events?types=revision&group=one`);
  await put("two", [cluster("a")]);
  await put("one", [cluster("a")]);
  await reader.find("the revision", ({ type }) => type === "revision");
  assert.deepEqual(
    reader.events.map(({ type, data }) => [type, data.groups?.[0].group]),
    [
      ["start", undefined],
      ["revision", "one"],
    ],
  );
  const unknown = await request("GET", "/v1/events?types=revisions");
  assert.equal(unknown.status, 400);
  assert.match(unknown.body.detail, /expected some of revision, converged/);
});

test("a reader that comes back is told what it missed, or that it is forgotten", async (t) => {
  const { put, request, fairlead } = await start(t, { config: { admin: { maxEvents: 8 } } });
  const url = `${fairlead.adminUrl}/v1/events?types=revision`;
  const before = await readEvents(t, url);
  const begin = await before.find("a start", ({ type }) => type === "start");
  await put("g", [cluster("a")]);
  const seen = await before.find("the first", ({ type }) => type === "revision");
  before.request.destroy();
  const missed = [(await put("g", [cluster("b")])).body.revision, (await put("g", [cluster("c")])).body.revision];
  const after = await readEvents(t, url, { headers: { "last-event-id": seen.id } });
  await after.find("the second", ({ data }) => data.revision === missed[1]);
  assert.deepEqual(
    after.events.map(({ type, data }) => [type, data.revision]),
    missed.map((revision) => ["revision", revision]),
  );
  let newest = 0; // eight revisions, and what is told of their convergence, push all before out
  for (let count = 0; count < 8; count++) newest = (await put("g", [cluster(`d${count}`)])).body.revision;
  for (const id of [begin.id, "other-1", "nonsense", `${seen.id}99`]) {
    const late = await readEvents(t, url, { headers: { "last-event-id": id } });
    const reset = await late.find(`a reset for ${id}`, () => true);
    assert.deepEqual([reset.type, reset.data.revision], ["reset", newest]);
    assert.notEqual(reset.id, "", "from here it can be gone on");
  }
  const all = await request("GET", "/v1/events?follow=false");
  assert.equal(all.body.match(/^event: (?:revision|converged)$/gm).length, 8);
  assert.match(all.body, /event: end\ndata: \{"reason":"complete"/);
});

test("a reader that does not read costs a bounded amount, and is told why it was cut off", async (t) => {
  const { put, fairlead } = await start(t, { config: { admin: { maxEvents: 8 } } });
  const url = `${fairlead.adminUrl}/v1/events?types=revision`;
  const slow = await readEvents(t, url, { paused: true });
  const quick = await readEvents(t, url);
  // 80 KB of names an event: more than the system's own buffers take.
  const many = Array.from({ length: 100 }, (_, i) => `${i}-${"x".repeat(800)}`);
  for (let round = 0; round < 150; round++) {
    await put(
      "g",
      many.map((name) => cluster(name, `${round + 1}s`)),
    );
  }
  await until("who reads has all", () => quick.events.filter(({ type }) => type === "revision").length === 150);
  slow.response.resume();
  const last = await slow.find("the end", ({ type }) => type === "end");
  assert.equal(last.data.reason, "slow");
  assert.ok(slow.events.length < 150);
  assert.ok(!quick.isEnded());
});
