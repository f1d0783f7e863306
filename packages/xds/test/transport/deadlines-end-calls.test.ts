// protocol.md S6: grpc-timeout.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatGrpcTimeout, parseGrpcTimeout } from "../../src/grpc/timeout.ts";
import { listenEcho } from "../support/echo-server.ts";
import { connectTo, startCall } from "../support/test-call.ts";

test("units are those of the specification, rounded up to ms", () => {
  const values = ["1H", "2M", "3S", "4m", "5u", "6000000n", "99999999H", "0S"];
  assert.deepEqual(values.map(parseGrpcTimeout), [3_600_000, 120_000, 3_000, 4, 1, 6, 359_999_996_400_000, 0]);
});

test("malformed values are recognized", () => {
  for (const value of ["", "1", "S", "1s", "-1S", "1.5S", "123456789S", " 1S", "1S "]) {
    assert.equal(parseGrpcTimeout(value), undefined, value);
  }
});

test("what is formatted is never shorter than asked for", () => {
  for (const ms of [0, 0.5, 1, 99_999_999, 100_000_000, 1e12, 3e14]) {
    const parsed = parseGrpcTimeout(formatGrpcTimeout(ms)) as number;
    assert.ok(parsed >= Math.min(ms, 99_999_999 * 3_600_000), `${ms}`);
  }
});

test("the server ends a call with DEADLINE_EXCEEDED at its deadline", async (t) => {
  let deadlineMs: number | undefined;
  const server = await listenEcho(t, {
    onStream(stream) {
      deadlineMs = stream.deadlineMs;
      return undefined;
    },
  });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const startedMs = Date.now();
  const call = startCall(connection, "/echo", { metadata: { "grpc-timeout": "30m" } }); // no timer on this side
  assert.deepEqual(await call.ended, { code: 4, message: "the deadline has passed" });
  assert.ok(deadlineMs !== undefined && deadlineMs >= startedMs + 30);
});

test("a deadline years away is none", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection, "/echo", { metadata: { "grpc-timeout": "99999999H" } });
  call.end();
  assert.equal((await call.ended).code, 0);
});

test("a malformed grpc-timeout is INTERNAL", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const end = await startCall(connection, "/echo", { metadata: { "grpc-timeout": "soon" } }).ended;
  assert.equal(end.code, 13);
  assert.match(end.message, /grpc-timeout/);
});

test("the client gives up by itself where the server does not", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection, "/echo", { timeoutMs: 20, metadata: { "grpc-timeout": "1H" } });
  assert.equal((await call.ended).code, 4);
});
