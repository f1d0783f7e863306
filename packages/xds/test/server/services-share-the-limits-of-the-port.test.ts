// protocol.md S5
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AccessLogService } from "@fairlead/envoy-api/envoy/service/accesslog/v3/als_pb";
import {
  RateLimitResponse_Code as Code,
  RateLimitService,
} from "@fairlead/envoy-api/envoy/service/ratelimit/v3/rls_pb";
import { Health } from "@fairlead/envoy-api/grpc/health/v1/health_pb";
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "@fairlead/envoy-api/grpc/reflection/v1/reflection_pb";
import { StatusCode, status } from "../../src/grpc/status.ts";
import { healthService } from "../../src/server/services/health.ts";
import { bidiStreaming, clientStreaming, unary } from "../../src/server/services/methods.ts";
import { reflectionServices } from "../../src/server/services/reflection.ts";
import type { ServiceFactory, Steps } from "../../src/server/services/service.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";
import { ask, openCall } from "./service-call.ts";
import { startServer, timeoutMs } from "./started-server.ts";

const services = [healthService(), ...reflectionServices()];

test("a client that asks and does not read is held, and gets every answer when it reads (S5)", async (t) => {
  const { server, target } = await startServer(t, {
    services,
    listen: { port: 0, limits: { maxQueuedBytesPerConnection: 262_144 } },
  });
  const connection = connectTo(target, { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 });
  t.after(() => connection.close());
  const call = startCall(connection, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  call.pause();
  const count = 2_000;
  const request = create(ServerReflectionRequestSchema, { messageRequest: { case: "listServices", value: "" } });
  for (let sent = 0; sent < count; sent++) call.send(toBinary(ServerReflectionRequestSchema, request));
  call.end();
  // Others go on meanwhile, and are the proof that the server had its turns.
  for (let asked = 0; asked < 20; asked++) {
    const other = openCall(t, target, Health.method.check);
    other.send({});
    await other.next();
  }
  assert.equal(call.status, undefined, "neither evicted nor ended");
  call.resume();
  assert.equal((await call.ended).code, StatusCode.OK);
  assert.equal(call.messages.length, count);
  assert.ok(fromBinary(ServerReflectionResponseSchema, call.messages.at(-1)!).messageResponse.case);
  assert.deepEqual([...server.clients()], [], "a call of a service is no xDS client");
});

test("a method of one request refuses more and none, and bytes that are no message (S5, S6)", async (t) => {
  const { target } = await startServer(t, { services });
  const twice = openCall(t, target, Health.method.watch);
  twice.send({});
  twice.send({});
  assert.equal((await twice.ended).code, StatusCode.UNIMPLEMENTED);
  for (const method of [Health.method.watch, Health.method.check]) {
    const none = openCall(t, target, method);
    none.end();
    assert.equal((await none.ended).code, StatusCode.UNIMPLEMENTED);
    const malformed = openCall(t, target, method);
    malformed.sendBytes(Buffer.from([0xff, 0xff]));
    assert.equal((await malformed.ended).code, StatusCode.INVALID_ARGUMENT);
  }
  const malformed = openCall(t, target, ServerReflection.method.serverReflectionInfo);
  malformed.sendBytes(Buffer.from([0x0a, 0x7f]));
  assert.equal((await malformed.ended).code, StatusCode.INVALID_ARGUMENT);
});

test("a user's own service works in steps, and a health check does not wait for its end (S5)", async (t) => {
  let stepsTaken = 0;
  let isReleased = false;
  function* work(): Steps<{ reply: { overallCode: Code } }> {
    while (!isReleased) {
      stepsTaken += 1;
      yield;
    }
    return { reply: { overallCode: Code.OVER_LIMIT } };
  }
  const rateLimits: ServiceFactory = () => ({
    desc: RateLimitService,
    methods: [unary(RateLimitService.method.shouldRateLimit, work)],
  });
  const { target } = await startServer(t, { services: [...services, rateLimits] });
  const limited = openCall(t, target, RateLimitService.method.shouldRateLimit);
  limited.send({ domain: "d" });
  await waitFor("its first steps", () => stepsTaken > 0, timeoutMs);
  const check = openCall(t, target, Health.method.check);
  check.send({ service: RateLimitService.typeName });
  await check.next();
  assert.deepEqual(limited.answers, []);
  isReleased = true;
  assert.equal((await limited.next()).overallCode, Code.OVER_LIMIT);
  assert.equal((await limited.ended).code, StatusCode.OK);
});

test("a service that fails costs its call only, and a drain lets it finish what it has begun (S5)", async (t) => {
  const faults: unknown[] = [];
  const requests: number[] = [];
  const logs: ServiceFactory = () => ({
    desc: AccessLogService,
    methods: [
      clientStreaming(AccessLogService.method.streamAccessLogs, () => ({
        *onRequest(bytes): Steps {
          requests.push(bytes.length);
          yield;
          if (bytes.length === 0) throw new Error("on purpose");
        },
        onEnd: () => (requests.length > 1 ? { reply: {} } : { refusal: status("ABORTED", "too few") }),
      })),
    ],
  });
  const { server, target } = await startServer(t, {
    services: [...services, logs],
    listen: { port: 0, onFault: (fault) => faults.push(fault) },
  });
  const { streamAccessLogs } = AccessLogService.method;
  const failing = openCall(t, target, streamAccessLogs);
  failing.sendBytes(new Uint8Array());
  assert.equal((await failing.ended).code, StatusCode.INTERNAL);
  assert.equal(faults.length, 1);
  const few = openCall(t, target, streamAccessLogs);
  requests.length = 0;
  few.sendBytes(Buffer.alloc(10));
  few.end();
  assert.equal((await few.ended).code, StatusCode.ABORTED);
  const enough = openCall(t, target, streamAccessLogs);
  for (let sent = 0; sent < 3; sent++) enough.sendBytes(Buffer.alloc(10));
  enough.end();
  await enough.next();
  assert.equal((await enough.ended).code, StatusCode.OK);
  const open = openCall(t, target, streamAccessLogs);
  open.sendBytes(Buffer.alloc(20));
  await waitFor("its request", () => requests.includes(20), timeoutMs);
  await server.drain();
  assert.equal((await open.ended).code, StatusCode.UNAVAILABLE);
});

test("requests that are answered later come on, to a number; half-close and drain wait for their answers (S5)", async (t) => {
  const settles: (() => void)[] = [];
  let taken = 0;
  const slow: ServiceFactory = () => ({
    desc: ServerReflection,
    methods: [
      bidiStreaming(ServerReflection.method.serverReflectionInfo, (replies) => ({
        onRequest: async () => {
          taken += 1;
          await new Promise<void>((resolve) => settles.push(resolve));
          replies.send({ validHost: "late" });
        },
      })),
    ],
  });
  const { server, target } = await startServer(t, { services: [healthService(), slow] });
  const call = openCall(t, target, ServerReflection.method.serverReflectionInfo);
  for (let count = 0; count < 100; count++) call.send({});
  call.end();
  await waitFor("as many as may wait", () => taken === 64, timeoutMs);
  for (let asked = 0; asked < 5; asked++) await ask(t, target, Health.method.check, {});
  assert.equal(taken, 64, "no more are taken up before one is answered");
  while (taken < 100) {
    settles.shift()?.();
    await ask(t, target, Health.method.check, {});
  }
  assert.equal(call.answers.length < 100, true);
  for (const settle of settles.splice(0)) settle();
  assert.equal((await call.ended).code, StatusCode.OK);
  assert.equal(call.answers.length, 100);

  const drained = openCall(t, target, ServerReflection.method.serverReflectionInfo);
  drained.send({});
  await waitFor("the last", () => taken === 101, timeoutMs);
  const gone = server.drain();
  settles.shift()?.();
  assert.equal((await drained.ended).code, StatusCode.UNAVAILABLE);
  assert.equal(drained.answers.length, 1, "its answer came before the end");
  await gone;
});
