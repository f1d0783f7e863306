// protocol.md S6 over TLS; mutual TLS, whose SANs choose the group.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { xdsChannel } from "../../src/channels.ts";
import { readSans } from "../../src/server/http2/sans.ts";
import { type AlternativeName, makeCertificate } from "../support/certificates.ts";
import { type EchoServer, listenEcho, quick } from "../support/echo-server.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const authority = makeCertificate("test authority");
const stranger = makeCertificate("strange authority");
const serverCertificate = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
const serverTls = { cert: { pem: serverCertificate.cert }, key: { pem: serverCertificate.key } };
const mutualTls = { ...serverTls, clientCa: { pem: authority.cert } };

async function sansSeen(
  t: TestContext,
  server: EchoServer,
  sans: readonly AlternativeName[],
): Promise<readonly string[]> {
  const own = makeCertificate("client", { issuer: authority, sans });
  const connection = connectTo(server.target, { tls: { ca: authority.cert, cert: own.cert, key: own.key } });
  t.after(() => connection.close());
  startCall(connection).send("x");
  return (await waitFor("the stream", () => [...server.streams][0])).connection.sans;
}

test("a client that trusts the server's authority exchanges messages; no certificate, no SANs", async (t) => {
  const server = await listenEcho(t, { tls: serverTls });
  const connection = connectTo(server.target, { tls: { ca: authority.cert } });
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send(Buffer.alloc(200_000, 1));
  await waitFor("the echo", () => call.messages[0]?.length === 200_000);
  assert.deepEqual([...server.streams][0]?.connection.sans, []);
});

test("a client that does not trust it fails, and says why", async (t) => {
  const server = await listenEcho(t, { tls: serverTls });
  const connection = connectTo(server.target, { tls: { ca: stranger.cert } });
  const end = await startCall(connection).ended;
  assert.equal(end.code, 14);
  assert.match(end.message, /unable to (verify|get)/);
});

test("a handshake that fails is told, with whose it was and why", async (t) => {
  const server = await listenEcho(t, { tls: mutualTls });
  const told: { peer: string; reason: string }[] = [];
  const hear = (message: { peer: string; reason: string }) => told.push(message);
  xdsChannel("fairlead:xds:handshake-failed").subscribe(hear);
  t.after(() => xdsChannel("fairlead:xds:handshake-failed").unsubscribe(hear));
  const own = makeCertificate("client", { issuer: stranger });
  const connection = connectTo(server.target, { tls: { ca: authority.cert, cert: own.cert, key: own.key } });
  await startCall(connection).ended;
  const refused = await waitFor("the refusal to be told", () => told.find(({ reason }) => reason.includes("refused")));
  assert.match(refused.peer, /^127\.0\.0\.1:\d+$/);
  assert.match(refused.reason, /certificate is refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
});

test("URI and DNS names of the client's certificate are the connection's, others are not", async (t) => {
  const server = await listenEcho(t, { tls: mutualTls });
  const sans = await sansSeen(t, server, [
    ["URI", "spiffe://cluster.local/ns/a/sa/b"],
    ["DNS", "proxy-1.example"],
    ["IP", "10.0.0.1"],
  ]);
  assert.deepEqual(sans, ["spiffe://cluster.local/ns/a/sa/b", "proxy-1.example"]);
});

test("a name that contains what looks like a further name stays one", async (t) => {
  const server = await listenEcho(t, { tls: mutualTls });
  const hostile = 'spiffe://a/b, DNS:admin, URI:"spiffe://root"';
  assert.deepEqual(await sansSeen(t, server, [["URI", hostile]]), [hostile]);
});

test("what Node would never write gives no name", () => {
  assert.deepEqual(readSans("DNS:a, nonsense"), ["a"]);
  assert.deepEqual(readSans('URI:"unfinished'), []);
  assert.deepEqual(readSans(undefined), []);
});

for (const [what, tls] of [
  ["no certificate", { ca: authority.cert }],
  [
    "one of another authority",
    (({ cert, key }) => ({ ca: authority.cert, cert, key }))(makeCertificate("client", { issuer: stranger })),
  ],
] as const) {
  test(`with clientCa, a client with ${what} is turned away`, async (t) => {
    const server = await listenEcho(t, { tls: mutualTls });
    const connection = connectTo(server.target, { tls });
    const call = startCall(connection);
    call.send("x");
    assert.equal((await call.ended).code, 14);
    assert.equal(server.streams.size, 0);
  });
}

test("a resumed TLS session keeps the client's names", async (t) => {
  const seen: (readonly string[])[] = [];
  const server = await listenEcho(t, {
    tls: mutualTls,
    onStream(stream) {
      seen.push(stream.connection.sans);
      return undefined;
    },
  });
  const own = makeCertificate("client", { issuer: authority, sans: [["DNS", "proxy-1"]] });
  const options = { port: server.port, host: "127.0.0.1", ca: authority.cert, ALPNProtocols: ["h2"] };
  const first = connect({ ...options, cert: own.cert, key: own.key });
  const session = await new Promise<Buffer>((resolve) => first.once("session", resolve));
  first.destroy();
  const { connect: connectHttp2 } = await import("node:http2");
  const socket: TLSSocket = connect({ ...options, cert: own.cert, key: own.key, session });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  assert.equal(socket.isSessionReused(), true);
  const client = connectHttp2("https://127.0.0.1", { createConnection: () => socket });
  t.after(() => client.destroy());
  client.request({ ":method": "POST", ":path": "/echo", "content-type": "application/grpc" }, { endStream: true });
  await waitFor("the stream", () => seen.length === 1);
  assert.deepEqual(seen, [["proxy-1"]]);
});

test("ALPN is h2 only: HTTP/1.1 fails in the handshake, no ALPN gets an HTTP/1.1 answer", async (t) => {
  const server = await listenEcho(t, { tls: serverTls, limits: quick });
  const options = { port: server.port, host: "127.0.0.1", ca: authority.cert };
  const http1 = connect({ ...options, ALPNProtocols: ["http/1.1"] });
  const error = await new Promise<Error>((resolve) => http1.once("error", resolve));
  assert.match(error.message, /no application protocol/i);
  const none = connect(options);
  let answer = "";
  none.setEncoding("latin1").on("data", (part: string) => {
    answer += part;
  });
  await new Promise((resolve) => none.once("close", resolve));
  assert.match(answer, /^HTTP\/1\.1 505 /);
});

test("plaintext bytes on the TLS port harm nobody", async (t) => {
  const server = await listenEcho(t, { tls: serverTls, limits: quick });
  const plain = connectTo(server.target);
  assert.equal((await startCall(plain).ended).code, 14);
  const connection = connectTo(server.target, { tls: { ca: authority.cert } });
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send("x");
  await waitFor("the echo", () => call.messages.length === 1);
});
