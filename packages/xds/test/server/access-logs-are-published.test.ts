// protocol.md S5
import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessLogService } from "@fairlead/envoy-api/envoy/service/accesslog/v3/als_pb";
import { StatusCode } from "../../src/grpc/status.ts";
import { accessLogService } from "../../src/server/services/access-logs.ts";
import { waitFor } from "../support/wait-for.ts";
import { hear } from "./heard.ts";
import { openCall } from "./service-call.ts";
import { startServer, timeoutMs } from "./started-server.ts";

const services = [accessLogService()];
const method = AccessLogService.method.streamAccessLogs;
const identifier = { node: { id: "n", cluster: "c" }, logName: "log" };
const entry = (upstreamCluster: string, responseCode: number) => ({
  commonProperties: { upstreamCluster },
  response: { responseCode },
});

test("entries of HTTP and TCP are published with who logs, over many messages (S5)", async (t) => {
  const { target } = await startServer(t, { services });
  const heard = hear(t, "fairlead:xds:access-logged");
  const call = openCall(t, target, method);
  const logEntry = Array.from({ length: 500 }, (_, index) => entry(`c${index}`, 200));
  call.send({ identifier, logEntries: { case: "httpLogs", value: { logEntry } } });
  call.send({ logEntries: { case: "httpLogs", value: { logEntry: [entry("last", 503)] } } });
  const tcp = [{ commonProperties: { upstreamCluster: "t" }, connectionProperties: { receivedBytes: 7n } }];
  call.send({ logEntries: { case: "tcpLogs", value: { logEntry: tcp } } });
  call.end();
  await call.next();
  assert.equal((await call.ended).code, StatusCode.OK);
  const http = heard.flatMap((each) => each.http);
  assert.deepEqual(
    http.map(({ commonProperties, response }) => [commonProperties?.upstreamCluster, response?.responseCode]),
    [...logEntry.map((_, index) => [`c${index}`, 200]), ["last", 503]],
  );
  assert.deepEqual(
    heard.flatMap((each) => each.tcp).map(({ connectionProperties }) => connectionProperties?.receivedBytes),
    [7n],
  );
  for (const { node, logName } of heard) assert.deepEqual([node.id, node.cluster, logName], ["n", "c", "log"]);
});

test("a stream without identifier or node is refused, and an entry without end (S5)", async (t) => {
  const { target } = await startServer(t, { services });
  hear(t, "fairlead:xds:access-logged");
  for (const first of [{}, { identifier: { logName: "log" } }]) {
    const call = openCall(t, target, method);
    call.send(first);
    const { code, message } = await call.ended;
    assert.equal(code, StatusCode.INVALID_ARGUMENT);
    assert.match(message, /identifier/);
  }
  const call = openCall(t, target, method);
  const large = entry("x".repeat(300_000), 200);
  call.send({ identifier, logEntries: { case: "httpLogs", value: { logEntry: [entry("a", 200), large] } } });
  assert.equal((await call.ended).code, StatusCode.INVALID_ARGUMENT);
});

test("bytes that are no message end their own call, and another's entries go on (S5)", async (t) => {
  const { target } = await startServer(t, { services });
  const heard = hear(t, "fairlead:xds:access-logged");
  const good = openCall(t, target, method);
  good.send({ identifier });
  const bad = openCall(t, target, method);
  bad.send({ identifier });
  bad.sendBytes(Buffer.from([0x12, 0x04, 0x0a, 0x02, 0x0a, 0x7f])); // http_logs { log_entry { a truncated message } }
  assert.equal((await bad.ended).code, StatusCode.INVALID_ARGUMENT);
  good.send({ logEntries: { case: "httpLogs", value: { logEntry: [entry("a", 200)] } } });
  await waitFor("the other's entry", () => heard.some(({ http }) => http.length === 1), timeoutMs);
});
