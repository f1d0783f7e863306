import assert from "node:assert/strict";
import { test } from "node:test";
import { createXdsClient } from "../../src/client/xds-client.ts";
import { Inbox, startScriptedServer } from "./scripted-server.ts";
import { deltaBytes, ENDPOINTS } from "./support.ts";

const node = { id: "n" };

test("names of several watches are asked for together, and each is told its own", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta" });
  t.after(() => client.close());
  const events = new Inbox<string>();
  const first = client.watch(ENDPOINTS, ["a", "b"], { onResource: ({ name }) => events.put(`1 ${name}`) });
  const stream = await server.stream();
  assert.deepEqual((await stream.delta()).subscribe, ["a", "b"]);
  const second = client.watch(ENDPOINTS, ["b", "c"], { onResource: ({ name }) => events.put(`2 ${name}`) });
  assert.deepEqual((await stream.delta()).subscribe, ["c"]);
  stream.send(deltaBytes(ENDPOINTS, "n1", ["a=1", "b=1", "c=1"]));
  await stream.delta();
  const told = [await events.take(), await events.take(), await events.take(), await events.take()];
  assert.deepEqual(told, ["1 a", "1 b", "2 b", "2 c"]);

  first.stop();
  assert.deepEqual((await stream.delta()).unsubscribe, ["a"]);
  second.change(["c"]);
  assert.deepEqual((await stream.delta()).unsubscribe, ["b"]);
  assert.deepEqual([...client.resources(ENDPOINTS).keys()], ["c"]);
  first.change(["z"]);
  second.change(["c", "d"]);
  assert.deepEqual((await stream.delta()).subscribe, ["d"]);
});

test("a watch that comes later is told what is held, and what is known not to exist", async (t) => {
  const server = await startScriptedServer(t);
  const client = createXdsClient({ target: server.target, node, mode: "delta" });
  t.after(() => client.close());
  client.watch(ENDPOINTS, ["a", "gone"]);
  const stream = await server.stream();
  await stream.delta();
  stream.send(deltaBytes(ENDPOINTS, "n1", ["a=1"], ["gone"]));
  await stream.delta();
  const events = new Inbox<string>();
  const late = client.watch(ENDPOINTS, ["a"], {
    onResource: ({ name, version }) => events.put(`${name}=${version}`),
    onRemoved: (name) => events.put(`-${name}`),
  });
  assert.equal(await events.take(), "a=1");
  late.change(["a", "gone"]);
  assert.equal(await events.take(), "-gone");
  const stopped = client.watch(ENDPOINTS, ["a"], { onResource: () => events.put("told though stopped") });
  stopped.stop();
  client.watch(ENDPOINTS, ["a"], { onResource: () => events.put("last") });
  assert.equal(await events.take(), "last");
});
