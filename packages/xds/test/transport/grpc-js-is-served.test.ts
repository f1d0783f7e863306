// protocol.md S6 with a real client, which Node programs use: grpc-js.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  Client,
  type ClientDuplexStream,
  status as codes,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { status } from "../../src/grpc/status.ts";
import { makeCertificate } from "../support/certificates.ts";
import { type EchoServer, listenEcho } from "../support/echo-server.ts";
import { waitFor } from "../support/wait-for.ts";

type Call = ClientDuplexStream<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

function connectClient(
  t: TestContext,
  server: EchoServer,
  options: object = {},
  secure = credentials.createInsecure(),
): Client {
  const client = new Client(server.target, secure, options);
  t.after(() => client.close());
  return client;
}

function open(client: Client, path = "/echo", options: object = {}): Call & { readonly got: Buffer[] } {
  const call = client.makeBidiStreamRequest(path, asIs, asIs, new Metadata(), options) as Call & { got: Buffer[] };
  call.got = [];
  call.on("data", (message: Buffer) => call.got.push(message));
  call.on("error", () => {});
  return call;
}

function failure(call: Call): Promise<ServiceError> {
  return new Promise((resolve) => call.once("error", resolve));
}

test("messages go both ways, and a half-close ends the call", async (t) => {
  const server = await listenEcho(t);
  const call = open(connectClient(t, server));
  const messages = [Buffer.from("one"), Buffer.alloc(100_000, 2), Buffer.alloc(0)];
  for (const message of messages) call.write(message);
  await waitFor("three echoes", () => call.got.length === 3);
  assert.deepEqual(call.got, messages);
  const ended = new Promise((resolve) => call.once("status", resolve));
  call.end();
  assert.equal(((await ended) as { code: number }).code, codes.OK);
});

test("a status is read with its message", async (t) => {
  const server = await listenEcho(t, { onStream: () => status("FAILED_PRECONDITION", "nicht möglich: 100 %") });
  const error = await failure(open(connectClient(t, server)));
  assert.deepEqual([error.code, error.details], [codes.FAILED_PRECONDITION, "nicht möglich: 100 %"]);
});

test("gzip messages are understood", async (t) => {
  const server = await listenEcho(t);
  const call = open(connectClient(t, server, { "grpc.default_compression_algorithm": 2 }));
  const message = Buffer.alloc(50_000, 3);
  call.write(message);
  await waitFor("the echo", () => call.got.length === 1);
  assert.deepEqual(call.got[0], message);
});

test("a deadline ends the call", async (t) => {
  const server = await listenEcho(t);
  const error = await failure(open(connectClient(t, server), "/echo", { deadline: Date.now() + 50 }));
  assert.equal(error.code, codes.DEADLINE_EXCEEDED);
});

test("a message beyond the limit is RESOURCE_EXHAUSTED", async (t) => {
  const server = await listenEcho(t, { limits: { maxMessageBytes: 1_000 } });
  const call = open(connectClient(t, server));
  const failed = failure(call);
  call.write(Buffer.alloc(200_000));
  assert.equal((await failed).code, codes.RESOURCE_EXHAUSTED);
});

test("drain: the old call goes on, and a new one does not come in here", async (t) => {
  const server = await listenEcho(t);
  const client = connectClient(t, server);
  const call = open(client);
  call.write(Buffer.from("before"));
  await waitFor("the echo", () => call.got.length === 1);
  const drained = server.transport.drain();
  call.write(Buffer.from("after"));
  await waitFor("the echo while draining", () => call.got.length === 2);
  call.end();
  await drained;
  const error = await failure(open(client));
  assert.equal(error.code, codes.UNAVAILABLE);
});

test("mutual TLS", async (t) => {
  const authority = makeCertificate("test authority");
  const own = makeCertificate("server", { issuer: authority, sans: [["DNS", "xds.example"]] });
  const client = makeCertificate("client", { issuer: authority, sans: [["URI", "spiffe://a/b"]] });
  const pem = { cert: { pem: own.cert }, key: { pem: own.key }, clientCa: { pem: authority.cert } };
  const server = await listenEcho(t, { tls: pem });
  const secure = credentials.createSsl(Buffer.from(authority.cert), Buffer.from(client.key), Buffer.from(client.cert));
  const call = open(connectClient(t, server, { "grpc.ssl_target_name_override": "xds.example" }, secure));
  call.write(Buffer.from("x"));
  await waitFor("the echo", () => call.got.length === 1);
  assert.deepEqual([...server.streams][0]?.connection.sans, ["spiffe://a/b"]);
});
