import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { pino } from "pino";
import { FairleadError } from "../../src/errors.ts";
import { storeChannel } from "../../src/store/channels.ts";
import { createStore } from "../../src/store/create-store.ts";
import { logStore } from "../../src/telemetry/log-store.ts";
import { createRateLimit } from "../../src/telemetry/rate-limit.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("what happens on a stream is logged with node, stream, type, version and nonce", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { put, proxy, fairlead } = await start(t, { log });
  assert.equal(lines[0]?.msg, "listening");
  assert.equal(lines[0]?.admin, fairlead.adminUrl);
  assert.equal(lines[0]?.xds, `127.0.0.1:${fairlead.xdsAddress.port}`);
  await put("default", [cluster("a")]);
  proxy("edge-1", () => "not this");
  await until("the NACK is logged", () => lines.some(({ msg }) => String(msg).startsWith("NACK")));
  const { nodeId, streamId, typeUrl, version, nonce, message, level } = lines.find(({ msg }) =>
    String(msg).startsWith("NACK"),
  )!;
  assert.equal(nodeId, "edge-1");
  assert.equal(typeUrl, TYPE_URLS.cluster);
  assert.equal(message, "not this");
  assert.equal(level, 40);
  const push = lines.find((line) => line.msg === "push" && line.nonce === nonce)!;
  assert.deepEqual([push.streamId, push.version, push.cause], [streamId, version, "subscribed"]);
  assert.ok(lines.some((line) => line.msg === "new revision" && line.source === "api"));
  const connected = lines.find((line) => line.msg === "node connected")!;
  assert.match(String(connected.peer), /^127\.0\.0\.1:\d+$/);
});

test("a node that no group is for is warned of", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { proxy } = await start(t, { log, config: { groups: [{ id: "edge-*", group: "edge" }] } });
  proxy("stranger", () => undefined);
  const find = () => lines.find(({ nodeId }) => nodeId === "stranger");
  await until("its connection is logged", () => find() !== undefined);
  assert.deepEqual([find()?.level, find()?.group], [40, undefined]);
  assert.match(String(find()?.msg), /served nothing/);
});

test("a store that fails for a known reason is told with it; of a defect the stack is told, too", (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const store = createStore();
  t.after(logStore(log, store));
  const trouble = storeChannel("fairlead:store:trouble");
  trouble.publish({ store: "memory", error: new FairleadError("store-unavailable", "etcd does not answer") });
  trouble.publish({ store: "memory", error: new TypeError("x is undefined") });
  const [known, defect] = lines as Record<string, { stack?: string }>[];
  assert.deepEqual([known!.code, known!.reason, known!.err], ["store-unavailable", "etcd does not answer", undefined]);
  assert.match(defect!.err!.stack!, /TypeError: x is undefined\n +at /);
});

test("a warning that repeats is logged once in a while, with how often it was left out", () => {
  let nowMs = 0;
  const limit = createRateLimit({ intervalMs: 10, maxKeys: 2, now: () => nowMs });
  assert.deepEqual(limit("a"), { suppressed: 0 });
  assert.equal(limit("a"), undefined);
  assert.equal(limit("a"), undefined);
  assert.deepEqual(limit("b"), { suppressed: 0 }, "keys do not hold each other back");
  nowMs = 10;
  assert.deepEqual(limit("a"), { suppressed: 2 });
  assert.equal(limit("a"), undefined);
  limit("c");
  assert.deepEqual(limit("b"), { suppressed: 0 }, "the one silent for longest was forgotten");
});
