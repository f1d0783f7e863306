import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { encodeNode, StatusCode, writeDiscoveryRequest } from "@fairlead/xds";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { startChild, waitForLog } from "../../../../test/support/child.ts";
import { makeScratch } from "../../../../test/support/scratch.ts";
import { requireTool } from "../../../../test/support/tools.ts";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { createRandom } from "../../../xds/test/support/random.ts";
import { waitFor } from "../../../xds/test/support/wait-for.ts";
import type { Endpoint } from "../../src/load/transport/endpoint.ts";
import { connect, open } from "./support/connect.ts";

// Fairlead's own server is in messages-arrive-wherever-they-are-cut; Node's in calls-end-with-their-reason.
const authority = makeCertificate("authority");
const certificate = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
const asIs = (bytes: Buffer): Buffer => bytes;

/** A server of grpc-js whose `/echo.Echo/Call` sends every message back, and fails at the end. */
async function listenGrpcJs(t: TestContext, credentials: ServerCredentials): Promise<Endpoint> {
  const server = new Server({ "grpc.max_concurrent_streams": 5 });
  const method = {
    path: "/echo.Echo/Call",
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { Call: method },
    {
      Call(call: ServerDuplexStream<Buffer, Buffer>) {
        call.on("data", (message: Buffer) => call.write(message));
        call.on("end", () => call.emit("error", { code: StatusCode.ABORTED, details: "das wär's: 100 %" }));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  t.after(() => server.forceShutdown());
  return { host: "127.0.0.1", port };
}

async function exchange(t: TestContext, endpoint: Endpoint): Promise<void> {
  const { connection } = connect(t, endpoint);
  const random = createRandom(5);
  const calls = Array.from({ length: 12 }, () => open(connection, "/echo.Echo/Call"));
  const sent = calls.map(() => [1, 10_000, 200_000].map((size) => random.bytes(size)));
  for (const [at, { call }] of calls.entries()) {
    for (const message of sent[at]!) assert.notEqual(call.send(message), "refused");
    call.end();
  }
  for (const [at, { ended, messages }] of calls.entries()) {
    const end = await ended; // 12 calls where 5 may be open: each makes way for another
    assert.equal(end.kind === "status" && end.detail, "das wär's: 100 %", end.message);
    assert.deepEqual(messages, sent[at]);
  }
  const end = await open(connection, "/echo.Echo/Other").ended;
  assert.equal(end.kind === "status" && end.code, StatusCode.UNIMPLEMENTED, end.message);
}

test("grpc-js, with more calls than it allows at a time", async (t) => {
  await exchange(t, await listenGrpcJs(t, ServerCredentials.createInsecure()));
});

test("grpc-js over mutual TLS", async (t) => {
  const own = makeCertificate("client", { issuer: authority });
  const pair = { private_key: Buffer.from(certificate.key), cert_chain: Buffer.from(certificate.cert) };
  const endpoint = await listenGrpcJs(t, ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true));
  await exchange(t, { ...endpoint, tls: { ca: authority.cert, cert: own.cert, key: own.key } });
});

test("grpc-go: go-control-plane answers, is ACKed, and pushes a change", async (t) => {
  const tool = requireTool("go-control-plane");
  if ("skip" in tool) return t.skip(tool.skip);
  const scratch = makeScratch("load-go");
  const child = startChild(tool.path, ["-cache", "linear"], `${scratch.path}/log`);
  t.after(() => child.stop());
  const { xds, admin } = await waitForLog(child, "go-control-plane listens", (log) => {
    const line = log.split("\n").find((text) => text.includes('"listening"') && text.endsWith("}"));
    return line === undefined ? undefined : (JSON.parse(line) as { xds: string; admin: string });
  });
  const typeUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  const put = async (...names: readonly string[]): Promise<void> => {
    const resources = names.map((name) => ({ "@type": typeUrl, name, connectTimeout: "1s" }));
    const answer = await fetch(`http://${admin}/state/node`, { method: "PUT", body: JSON.stringify({ resources }) });
    assert.ok(answer.ok, await answer.text());
  };
  await put("first-cluster", ...Array.from({ length: 3_000 }, (_, at) => `another-cluster-${at}`));
  const [host, port] = xds.split(":") as [string, string];
  const { connection } = connect(t, { host, port: Number(port) });
  const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
  const { call, messages } = open(connection, path);
  call.send(writeDiscoveryRequest({ typeUrl, node: encodeNode({ id: "node", cluster: "c" }) }));
  const first = await waitFor("the first answer", () => messages[0]);
  assert.ok(first.length > 100_000 && first.includes("first-cluster") && first.includes("another-cluster-2999"));
  const sent = call.send(writeDiscoveryRequest({ typeUrl, versionInfo: "x", nonce: nonceOf(first) }));
  assert.equal(sent, "sent");
  await put("second-cluster");
  const second = await waitFor("the change", () => messages.find((message) => message.includes("second-cluster")));
  assert.notEqual(nonceOf(second), nonceOf(first));
  connection.close();
  scratch.remove();
});

/** Field 5 of a `DiscoveryResponse`, which go-control-plane writes last: a short decimal number. */
function nonceOf(message: Buffer): string {
  return /\*.([0-9]+)$/s.exec(message.toString("latin1", message.length - 100))?.[1] ?? "";
}
