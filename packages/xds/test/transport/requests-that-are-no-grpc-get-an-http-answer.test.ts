// protocol.md S6: content-type and method checks; an HTTP/1 client gets a sentence that a person can read.
import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { type TestContext, test } from "node:test";
import { type EchoServer, listenEcho, quick } from "../support/echo-server.ts";

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function request(t: TestContext, server: EchoServer, headers: Record<string, string>): Promise<Answer> {
  const session = connect(`http://${server.target}`);
  t.after(() => session.destroy());
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let answer: IncomingHttpHeaders = {};
    let body = "";
    stream.on("response", (got) => {
      answer = got;
    });
    stream.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    stream.once("close", () => resolve({ headers: answer, body }));
    stream.once("error", reject);
  });
}

const post = { ":method": "POST", ":path": "/echo", te: "trailers" };

for (const contentType of [
  "application/json",
  "application/grpc-web",
  "application/grpc+json",
  "application/grpcx",
  "",
]) {
  test(`content-type "${contentType}" gets 415`, async (t) => {
    const server = await listenEcho(t);
    const answer = await request(t, server, { ...post, "content-type": contentType });
    assert.equal(answer.headers[":status"], 415);
    assert.match(answer.body, /application\/grpc/);
    assert.equal(server.streams.size, 0);
  });
}

for (const contentType of [
  "application/grpc",
  "application/grpc+proto",
  "application/grpc; charset=utf-8",
  "Application/gRPC",
]) {
  test(`content-type "${contentType}" is taken`, async (t) => {
    const server = await listenEcho(t, { onStream: () => ({ code: 5, message: "" }) });
    const answer = await request(t, server, { ...post, "content-type": contentType });
    assert.equal(answer.headers[":status"], 200);
    assert.equal(answer.headers["content-type"], "application/grpc");
    assert.equal(answer.headers["grpc-status"], "5");
  });
}

for (const method of ["GET", "PUT", "HEAD", "DELETE"]) {
  test(`${method} gets 405`, async (t) => {
    const server = await listenEcho(t);
    const answer = await request(t, server, { ...post, ":method": method, "content-type": "application/grpc" });
    assert.equal(answer.headers[":status"], 405);
  });
}

test("an HTTP/1.1 request on the plaintext port gets 505 and a sentence, and the connection is closed", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const answer = await askHttp1(server.port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match(answer, /^HTTP\/1\.1 505 /);
  assert.match(answer, /gRPC over HTTP\/2/);
});

test("an HTTP/1.1 request that comes byte by byte gets it too", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const answer = await askHttp1(server.port, ..."POST /x HTTP/1.1\r\n\r\n");
  assert.match(answer, /^HTTP\/1\.1 505 /);
});

function askHttp1(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, "127.0.0.1");
    let answer = "";
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (part: string) => {
      answer += part;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
    void (async () => {
      for (const part of parts) {
        socket.write(part);
        await new Promise((next) => setImmediate(next));
      }
    })();
  });
}
