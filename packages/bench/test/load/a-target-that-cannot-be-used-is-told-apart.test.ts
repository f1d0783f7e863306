import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { type TestContext, test } from "node:test";
import { createServer as createTls, type TlsOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";
import { frame, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { ConnectionEndKind } from "../../src/load/transport/connection-end.ts";
import type { Endpoint, EndpointTls } from "../../src/load/transport/endpoint.ts";
import type { ConnectionOptions } from "../../src/load/transport/options.ts";
import { formatAddress } from "../../src/plan/address.ts";
import { connect, open } from "./support/connect.ts";
import { listen, listenRaw } from "./support/listen.ts";

const authority = makeCertificate("authority");
const stranger = makeCertificate("stranger");
const certificate = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
const trusting: EndpointTls = { ca: authority.cert };

/** Connects, and expects that end for the connection and for its call, with the address in its message. */
async function expectEnd(
  t: TestContext,
  endpoint: Endpoint,
  kind: ConnectionEndKind,
  message: RegExp,
  options: Partial<ConnectionOptions> = {},
): Promise<void> {
  const { connection, ended } = connect(t, endpoint, options);
  const call = open(connection);
  const end = await ended;
  assert.equal(end.kind, kind, end.message);
  assert.ok(end.message.startsWith(`${formatAddress(endpoint)}: `), end.message);
  assert.match(end.message, message);
  assert.deepEqual(await call.ended, { kind: "connection", connection: end, message: end.message });
  assert.equal(call.call.send(Buffer.alloc(1)), "refused");
  const late = open(connection);
  assert.equal((await late.ended).kind, "connection", "a stream on a connection that is over ends like it");
}

async function listenTls(t: TestContext, options: TlsOptions = {}): Promise<Endpoint> {
  const server = createTls(
    { cert: certificate.cert, key: certificate.key, ALPNProtocols: ["h2"], ...options },
    (socket) => {
      socket.on("error", () => {});
      t.after(() => socket.destroy());
    },
  );
  server.on("tlsClientError", () => {});
  return await listen(t, server);
}

test("nobody listens", async (t) => {
  const server = createHttp();
  const endpoint = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  await expectEnd(t, endpoint, "refused", /nobody listens/);
});

test("a name that does not exist", async (t) => {
  await expectEnd(t, { host: "no-such-host.invalid", port: 1 }, "unknown-host", /check the name/);
});

test("the REST or the admin port answers with HTTP/1", async (t) => {
  const endpoint = await listen(
    t,
    createHttp((_request, response) => response.end("hello")),
  );
  await expectEnd(t, endpoint, "http1", /speaks HTTP\/1\.1, not HTTP\/2: is that the REST or the admin port\?/);
});

test("HTTP/1 that comes byte by byte", async (t) => {
  const endpoint = await listenRaw(t, (socket) => {
    const bytes = [..."HTTP/1.0 400 Bad Request\r\n"];
    const next = (): void => void (socket.write(bytes.shift() ?? "") && bytes.length > 0 && setImmediate(next));
    next();
  });
  await expectEnd(t, endpoint, "http1", /speaks HTTP\/1/);
});

test("something that is no HTTP at all", async (t) => {
  const endpoint = await listenRaw(t, (socket) => socket.write("220 mail.example ESMTP\r\n"));
  await expectEnd(t, endpoint, "not-http2", /it began with "220 mail\./);
});

test("a server that hangs up, or resets, before it answered", async (t) => {
  await expectEnd(
    t,
    await listenRaw(t, (socket) => socket.end()),
    "hung-up",
    /closed the connection before it answered/,
  );
  await expectEnd(t, await listenRaw(t, (socket) => socket.resetAndDestroy()), "hung-up", /before the server answered/);
});

test("TLS to a port that hangs up in the handshake, as a plaintext server may", async (t) => {
  const endpoint = { ...(await listenRaw(t, (socket) => socket.once("data", () => socket.end()))), tls: trusting };
  await expectEnd(t, endpoint, "hung-up", /does it speak plaintext\? leave out --tls-…/);
});

test("a server that says nothing", async (t) => {
  const options = { settingsTimeoutMs: 50 };
  await expectEnd(t, await listenRaw(t, () => {}), "settings-timeout", /no HTTP\/2 SETTINGS within 50 ms/, options);
  const tls = { ...(await listenTls(t)), tls: trusting };
  await expectEnd(t, tls, "settings-timeout", /no HTTP\/2 SETTINGS within 50 ms/, options);
});

test("a server that does not get on with TLS", async (t) => {
  const endpoint = { ...(await listenRaw(t, () => {})), tls: trusting };
  await expectEnd(t, endpoint, "connect-timeout", /no connection within 50 ms/, { connectTimeoutMs: 50 });
});

test("plaintext to a TLS port: one that answers with an alert, and Node's, which hangs up", async (t) => {
  const alert = Buffer.from("15030100020246", "hex");
  await expectEnd(t, await listenRaw(t, (socket) => socket.write(alert)), "server-speaks-tls", /connect with TLS/);
  await expectEnd(t, await listenTls(t), "hung-up", /in plaintext, or want TLS\?/);
});

test("TLS to a plaintext port: of HTTP/2, and of HTTP/1", async (t) => {
  for (const server of [createHttp2().on("sessionError", () => {}), createHttp()]) {
    const endpoint = { ...(await listen(t, server)), tls: trusting };
    await expectEnd(t, endpoint, "server-speaks-plaintext", /leave TLS out/);
  }
});

test("a server's certificate that is not to be trusted: of a strange authority, and for another name", async (t) => {
  const endpoint = await listenTls(t);
  await expectEnd(
    t,
    { ...endpoint, tls: { ca: stranger.cert } },
    "certificate-refused",
    /give its CA \(--tls-ca\).*--tls-insecure/,
  );
  await expectEnd(
    t,
    { ...endpoint, tls: { ...trusting, serverName: "xds.example" } },
    "certificate-refused",
    /xds\.example.*server name/,
  );
});

test("a client certificate that the server wants, and one that it refuses", async (t) => {
  const endpoint = await listenTls(t, { requestCert: true, rejectUnauthorized: true, ca: authority.cert });
  await expectEnd(t, { ...endpoint, tls: trusting }, "client-certificate-refused", /wants a client certificate/);
  const own = makeCertificate("client", { issuer: stranger });
  const tls = { ...trusting, cert: own.cert, key: own.key };
  const { ended } = connect(t, { ...endpoint, tls });
  assert.match((await ended).kind, /client-certificate-refused|hung-up/);
});

test("TLS that does not offer HTTP/2", async (t) => {
  const without = await listenTls(t, { ALPNProtocols: [] });
  await expectEnd(t, { ...without, tls: trusting }, "no-alpn", /does not offer HTTP\/2/);
  const other = await listenTls(t, { ALPNProtocols: ["http/1.1"] });
  await expectEnd(t, { ...other, tls: trusting }, "no-alpn", /does not offer HTTP\/2/);
});

test("a server that breaks HTTP/2's rules, goes away, or is lost", async (t) => {
  const answering = (...more: readonly Buffer[]) =>
    listenRaw(t, (socket) => void socket.end(Buffer.concat([settingsFrame(), ...more])));
  await expectEnd(
    t,
    await answering(frame(6, 0, 0, Buffer.alloc(7))),
    "protocol-error",
    /broke a rule of HTTP\/2: a PING frame had 7 bytes/,
  );
  const goaway = frame(7, 0, 0, Buffer.concat([uint32(2 ** 31 - 1), uint32(11), Buffer.from("too many pings")]));
  await expectEnd(t, await answering(goaway), "goaway", /GOAWAY ENHANCE_YOUR_CALM: too many pings/);
  await expectEnd(t, await answering(), "lost", /the server closed the connection/);
});

test("more connections than descriptors", async (t) => {
  const endpoint = await listenRaw(t, () => {});
  const child = fileURLToPath(new URL("support/use-up-descriptors.main.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", 'ulimit -n 60; exec "$0" "$@"', process.execPath, child, String(endpoint.port)],
    {
      encoding: "utf8",
      timeout: 20_000,
    },
  );
  assert.match(
    stdout,
    /^no-descriptors 127\.0\.0\.1:\d+: this process may not open more descriptors: raise `ulimit -n`/,
    stderr,
  );
});
