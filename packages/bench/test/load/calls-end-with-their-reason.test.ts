import assert from "node:assert/strict";
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { type TestContext, test } from "node:test";
import { frame, grpcMessage, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { CallEnd } from "../../src/load/transport/call-end.ts";
import { connect, open, type TestedCall } from "./support/connect.ts";
import { listen, listenRaw } from "./support/listen.ts";

/** Calls a server of Node's that answers like that. */
async function call(
  t: TestContext,
  answer: (stream: ServerHttp2Stream) => void,
  maxMessageBytes?: number,
): Promise<TestedCall> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    answer(stream);
  });
  const { connection } = connect(t, await listen(t, server));
  return open(connection, "/package.Service/Method", maxMessageBytes);
}

const grpc = { ":status": 200, "content-type": "application/grpc" };

function answerBody(headers: OutgoingHttpHeaders, body: string | Buffer): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond(headers);
    stream.end(body);
  };
}

function answerMessages(...messages: readonly Buffer[]): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond(grpc);
    for (const message of messages) stream.write(message);
  };
}

function withTrailers(trailers: Record<string, string>): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond(grpc, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(grpcMessage(Buffer.from("last words")));
  };
}

const cases: readonly (readonly [
  what: string,
  answer: (stream: ServerHttp2Stream) => void,
  end: Partial<CallEnd>,
  message: RegExp,
])[] = [
  [
    "an answer of trailers only, with a message in percent-encoding",
    (stream) =>
      stream.respond({ ...grpc, "grpc-status": "12", "grpc-message": "no%20such m%C3%A9thode%" }, { endStream: true }),
    { kind: "status", code: 12, detail: "no such méthode%" },
    /UNIMPLEMENTED: no such méthode% \(it has no such method: does it serve ADS/,
  ],
  [
    "a status in trailers, behind messages",
    withTrailers({ "grpc-status": "14", "grpc-message": "draining" }),
    { kind: "status", code: 14, detail: "draining" },
    /ended the stream with UNAVAILABLE: draining$/,
  ],
  ["OK", withTrailers({ "grpc-status": "0" }), { kind: "status", code: 0, detail: "" }, /ended the stream with OK$/],
  ["a status that is no number", withTrailers({ "grpc-status": "x" }), { kind: "status", code: 2 }, /UNKNOWN/],
  [
    "an HTTP status that is no gRPC",
    answerBody({ ":status": 503, "content-type": "text/plain" }, "no healthy upstream"),
    { kind: "http-status", status: 503 },
    /answered with HTTP status 503: is this its gRPC port\?$/,
  ],
  [
    "a page",
    answerBody({ ":status": 200, "content-type": "text/html" }, "<html>"),
    { kind: "not-grpc" },
    /content type "text\/html", not with gRPC$/,
  ],
  ["no status at all", answerBody(grpc, ""), { kind: "not-grpc" }, /without a gRPC status$/],
  ["a reset", (stream) => stream.close(8), { kind: "reset", code: 8 }, /reset the stream with CANCEL$/],
  ["a refusal", (stream) => stream.close(7), { kind: "refused" }, /refused the stream$/],
  [
    "a compressed message",
    answerMessages(grpcMessage(Buffer.from("x"), 1)),
    { kind: "bad-message" },
    /compressed message.*turn compression off/,
  ],
  [
    "a flag that gRPC does not know",
    answerMessages(grpcMessage(Buffer.from("x"), 7)),
    { kind: "bad-message" },
    /first byte is 7/,
  ],
  [
    "a message over the limit, of which little came",
    answerMessages(grpcMessage(Buffer.from("x"), 0, 1_001)),
    { kind: "bad-message" },
    /message of 1001 bytes, and at most 1000 are taken/,
  ],
];

for (const [what, answer, end, message] of cases) {
  test(what, async (t) => {
    const { ended, call: one } = await call(t, answer, 1_000);
    const told = await ended;
    assert.match(told.message, message);
    assert.ok(told.message.startsWith(`${one.connection.address}: `));
    assert.deepEqual({ ...told, ...end }, told);
    assert.ok(one.isOver);
    assert.equal(one.send(Buffer.alloc(1)), "refused");
  });
}

test("a limit that is just kept is no reason, and a cut message is", async (t) => {
  const whole = grpcMessage(Buffer.alloc(1_000, "a"));
  const { ended, messages } = await call(t, answerBody(grpc, Buffer.concat([whole, whole.subarray(0, 9)])), 1_000);
  assert.equal((await ended).kind, "not-grpc");
  assert.deepEqual(messages, [whole.subarray(5)]);
});

test("a call that is reset from here ends at once, and its connection takes others", async (t) => {
  const closed: number[] = [];
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.on("close", () => closed.push(stream.rstCode));
    stream.respond(grpc);
    stream.write(grpcMessage(Buffer.from("hello")));
  });
  const { connection } = connect(t, await listen(t, server));
  const { promise, resolve } = Promise.withResolvers<CallEnd>();
  connection.openStream("/a", { onMessage: (_message, one) => one.reset(), onEnd: resolve });
  assert.equal((await promise).kind, "closed");
  const other = open(connection);
  assert.equal(await new Promise((done) => setImmediate(() => done(other.call.isOver))), false);
  other.call.reset();
  assert.equal((await other.ended).kind, "closed");
  assert.equal(connection.streamCount, 0);
});

test("GOAWAY refuses the streams that the server did not see, and later ones", async (t) => {
  const goaway = frame(7, 0, 0, Buffer.concat([uint32(1), uint32(0)]));
  const endpoint = await listenRaw(
    t,
    (socket) => void socket.once("data", () => socket.write(Buffer.concat([settingsFrame(), goaway]))),
  );
  const { connection } = connect(t, endpoint);
  const [first, second] = [open(connection), open(connection)];
  assert.match((await second.ended).message, /takes no more streams \(GOAWAY\)$/);
  assert.ok(connection.isDraining);
  assert.equal((await open(connection).ended).kind, "refused");
  assert.equal(first.call.isOver, false);
  connection.close();
  assert.equal((await first.ended).kind, "connection");
});
