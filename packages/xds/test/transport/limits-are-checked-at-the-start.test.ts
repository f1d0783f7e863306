// reliability.md: each limit is one named constant or option, validated at start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { XdsError } from "../../src/errors.ts";
import { checkHttp2Limits, defaultHttp2Limits } from "../../src/server/http2/limits.ts";
import { listenHttp2 } from "../../src/server/http2/listen.ts";
import type { TransportHandler } from "../../src/server/transport.ts";

const handler: TransportHandler = { onStream: () => ({ code: 12, message: "" }) };

function isRefused(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof XdsError && error.code === "invalid-limit" && pattern.test(error.message);
}

test("the starting values of reliability.md hold", () => {
  const { maxStreamsPerConnection, maxHeaderPairs, maxHeaderBytes, resetBurst, resetsPerSecond } = defaultHttp2Limits;
  assert.deepEqual([maxStreamsPerConnection, maxHeaderPairs, maxHeaderBytes], [1_000, 64, 16_384]);
  assert.deepEqual([resetBurst, resetsPerSecond, defaultHttp2Limits.pingStrikes], [50, 5, 3]);
  assert.deepEqual([defaultHttp2Limits.keepaliveIdleMs, defaultHttp2Limits.keepaliveTimeoutMs], [30_000, 10_000]);
  assert.deepEqual(
    [defaultHttp2Limits.maxConnectionAgeMs, defaultHttp2Limits.connectionAgeGraceMs],
    [1_800_000, 30_000],
  );
  assert.deepEqual([defaultHttp2Limits.firstRequestMs, defaultHttp2Limits.evictAfterMs], [60_000, 30_000]);
  assert.deepEqual(
    [defaultHttp2Limits.maxMessageBytes, defaultHttp2Limits.maxAllowedMessageBytes],
    [4_194_304, 67_108_864],
  );
  assert.deepEqual(
    [defaultHttp2Limits.maxQueuedBytesPerConnection, defaultHttp2Limits.backlogConnections],
    [4_194_304, 4_096],
  );
});

test("every limit's default is within its own range, and out of range is refused", () => {
  assert.deepEqual(checkHttp2Limits(defaultHttp2Limits), defaultHttp2Limits);
  for (const name of Object.keys(defaultHttp2Limits)) {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, "1", null]) {
      assert.throws(() => checkHttp2Limits({ [name]: value }), isRefused(new RegExp(`limit ${name} is `)));
    }
  }
});

test("names carry their unit or are counts", () => {
  const unit =
    /(Bytes|Ms|PerSecond|PerConnection|PerTurn|Pairs|Burst|Frames|Streams|Entries|Strikes|Jitter|Connections|Subscriptions|PerClient)$/;
  for (const name of Object.keys(defaultHttp2Limits)) assert.match(name, unit);
});

test("a misspelt limit is refused with the list of limits", () => {
  assert.throws(
    () => checkHttp2Limits({ maxStreams: 5 } as never),
    isRefused(/no limit maxStreams.*maxStreamsPerConnection/),
  );
});

test("limits that contradict each other are refused", () => {
  const limits = { maxMessageBytes: 2_000, maxAllowedMessageBytes: 1_000 };
  assert.throws(() => checkHttp2Limits(limits), isRefused(/maxAllowedMessageBytes/));
});

test("the server does not start with a bad limit", async () => {
  await assert.rejects(listenHttp2({ port: 0, limits: { closeMs: 0 } }, handler), isRefused(/closeMs is 0/));
});

test("an address in use is named", async (t) => {
  const first = await listenHttp2({ port: 0 }, handler);
  t.after(() => first.close());
  const { port } = first.address;
  await assert.rejects(
    listenHttp2({ port }, handler),
    (error) =>
      error instanceof XdsError && error.code === "listen-failed" && error.message.includes(`127.0.0.1:${port}`),
  );
});
