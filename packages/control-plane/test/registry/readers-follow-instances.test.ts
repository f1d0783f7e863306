import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type EventReader, readEvents } from "../support/events.ts";
import { type RunningFairlead, start } from "../support/fairlead.ts";
import { until } from "../support/until.ts";

const PATH = "/v1/instances/events";

test("a reader is told all instances of its services, then each change; the end says why", async (t) => {
  const running = await start(t);
  await put(running, "web", "a", 1);
  await put(running, "other", "a", 1);
  const reader = await readEvents(t, `${running.fairlead.adminUrl}${PATH}?services=web,none`);
  await until("all", () => held(reader).get("web/a") === 1);
  assert.deepEqual(
    reader.events.map(({ type }) => type),
    ["start", "instances"],
  );
  const { revision } = (await put(running, "web", "b", 2)).body;
  await until("a new one", () => held(reader).get("web/b") === 2);
  const last = reader.events.at(-1)!;
  assert.deepEqual([last.id, last.data.revision, last.data.instances.length], [String(revision), revision, 1]);
  await running.request("POST", "/v1/services/web/instances/a/heartbeat");
  await running.request("DELETE", "/v1/services/web/instances/a");
  await until("one less", () => !held(reader).has("web/a"));
  assert.deepEqual([...held(reader).keys()], ["web/b"]);
  await running.fairlead.close();
  assert.equal((await reader.find("the end", ({ type }) => type === "end")).data.reason, "draining");
});

test("a reader that comes back is told what it missed, or all anew", async (t) => {
  const running = await start(t);
  await put(running, "web", "a", 1);
  const { revision } = (await put(running, "web", "b", 1)).body;
  await running.request("DELETE", "/v1/services/web/instances/a");
  await put(running, "web", "c", 1);
  const resumed = await follow(t, running, String(revision));
  const first = await resumed.find("what it missed", () => true);
  assert.deepEqual(
    [first.type, first.data.instances.map(({ id }: { id: string }) => id), first.data.removed],
    ["instances", ["c"], [{ service: "web", id: "a" }]],
  );
  for (const id of ["1", "nonsense", "999999999999999"]) {
    const late = await follow(t, running, id);
    await until("all", () => held(late).size === 2);
    assert.equal(late.events[0]!.type, "reset", id);
  }
});

test("a reader that does not read is told the newest state when it does, and costs a bounded amount", async (t) => {
  const running = await start(t);
  const reader = await readEvents(t, running.fairlead.adminUrl + PATH, { paused: true });
  const metadata = { x: "y".repeat(3_000) };
  const register = (port: number) =>
    running.request("POST", "/v1/announcements", {
      register: Array.from({ length: 500 }, (_, id) => ({
        service: "web",
        id: `i${id}`,
        address: "10.0.0.1",
        port,
        metadata,
      })),
    });
  let port = 1;
  for (; port <= 12; port++) await register(port);
  reader.response.resume();
  await until(
    "the newest of each",
    () => held(reader).size === 500 && [...held(reader).values()].every((it) => it === 12),
  );
  const bytes = reader.events.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
  assert.ok(bytes < 12 * 500 * 3_000, `${bytes} bytes came: not each change on the way`);
});

function put({ request }: RunningFairlead, service: string, id: string, port: number) {
  return request("PUT", `/v1/services/${service}/instances/${id}`, { address: "10.0.0.1", port });
}

function follow(t: TestContext, { fairlead }: RunningFairlead, lastId: string): Promise<EventReader> {
  return readEvents(t, fairlead.adminUrl + PATH, { headers: { "last-event-id": lastId } });
}

/** Ports by instance, as whoever reads the events has them. */
function held({ events }: EventReader): Map<string, number> {
  const ports = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === "reset") ports.clear();
    for (const { service, id, port } of data.instances ?? []) ports.set(`${service}/${id}`, port);
    for (const { service, id } of data.removed ?? []) ports.delete(`${service}/${id}`);
  }
  return ports;
}
