// protocol.md S6: grpc-status and percent-encoded grpc-message, trailers only where no message was sent, UNIMPLEMENTED.
import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { frameMessage } from "../../src/grpc/frame.ts";
import { decodeGrpcMessage, encodeGrpcMessage } from "../../src/grpc/percent-encoding.ts";
import { status } from "../../src/grpc/status.ts";
import { type EchoOptions, listenEcho } from "../support/echo-server.ts";
import { FrameType, frame, messageFrame, openFrame, uint32 } from "../support/http2-frames.ts";
import { connectRaw } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

interface RawAnswer {
  readonly response: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly rstCode: number | undefined;
}

/** Calls by node's own client, which shows headers and trailers apart. */
async function callRaw(t: TestContext, options: EchoOptions, isHalfClosed: boolean): Promise<RawAnswer> {
  const server = await listenEcho(t, options);
  const session = connect(`http://${server.target}`);
  t.after(() => session.destroy());
  const headers = { ":method": "POST", ":path": "/echo", te: "trailers", "content-type": "application/grpc" };
  const stream = session.request(headers, { endStream: isHalfClosed });
  let response: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  stream.on("response", (got) => {
    response = got;
  });
  stream.on("trailers", (got) => {
    trailers = got;
  });
  stream.resume();
  await new Promise<void>((resolve) => stream.once("close", resolve));
  return { response, trailers, rstCode: stream.rstCode };
}

test("an unknown method is UNIMPLEMENTED, in the first headers, with the message percent-encoded", async (t) => {
  const answer = await callRaw(t, { onStream: () => status("UNIMPLEMENTED", "no méthod 100%") }, true);
  assert.equal(answer.response?.[":status"], 200);
  assert.equal(answer.response?.["content-type"], "application/grpc");
  assert.equal(answer.response?.["grpc-status"], "12");
  assert.equal(answer.response?.["grpc-message"], "no m%C3%A9thod 100%25");
  assert.equal(answer.response?.["grpc-accept-encoding"], "identity,gzip");
  assert.equal(answer.trailers, undefined);
});

test("a status after a message comes in trailers", async (t) => {
  const answer = await callRaw(
    t,
    {
      onStream(stream) {
        stream.send(frameMessage(Buffer.from("hello")));
        return status("NOT_FOUND", "gone");
      },
    },
    true,
  );
  assert.equal(answer.response?.["grpc-status"], undefined);
  assert.equal(answer.trailers?.["grpc-status"], "5");
  assert.equal(answer.trailers?.["grpc-message"], "gone");
});

test("an empty message is left out", async (t) => {
  const answer = await callRaw(t, { onStream: () => status("OK") }, true);
  assert.equal(answer.response?.["grpc-status"], "0");
  assert.equal("grpc-message" in (answer.response ?? {}), false);
});

for (const isHalfClosed of [true, false]) {
  test(`the stream is freed when the call ends, ${isHalfClosed ? "half-closed" : "still open"} on the client's side`, async (t) => {
    const answer = await callRaw(t, { onStream: () => status("ABORTED") }, isHalfClosed);
    assert.equal(answer.rstCode, 0);
    assert.equal(answer.response?.["grpc-status"], "10");
  });
}

test("all that was sent before the end arrives before the status", async (t) => {
  const large = frameMessage(Buffer.alloc(300_000, 7));
  const server = await listenEcho(t, {
    onStream(stream) {
      for (let at = 0; at < 5; at++) stream.send(large);
      return status("OK");
    },
  });
  const connection = connectTo(server.target, { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 });
  t.after(() => connection.close());
  const call = startCall(connection);
  assert.deepEqual(await call.ended, status("OK"));
  assert.deepEqual(
    call.messages.map(({ length }) => length),
    [300_000, 300_000, 300_000, 300_000, 300_000],
  );
});

test("nothing is sent after the end", async (t) => {
  const server = await listenEcho(t, {
    onStream(stream) {
      stream.send(frameMessage(Buffer.from("one")));
      stream.end(status("OK"));
      stream.send(frameMessage(Buffer.from("two")));
      stream.end(status("INTERNAL", "a second status"));
      return status("OK");
    },
  });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const call = startCall(connection);
  assert.deepEqual(await call.ended, status("OK"));
  assert.equal(call.messages.length, 1);
});

test("a client that half-closes gets its status; one that resets is only reported", async (t) => {
  const server = await listenEcho(t);
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const ending = startCall(connection);
  ending.end();
  assert.deepEqual(await ending.ended, status("OK"));
  const client = connectRaw(server.port); // node's own client half-closes before it resets
  client.send(openFrame(1), messageFrame(1, Buffer.from("x")));
  await waitFor("the stream", () => server.streams.size === 1);
  client.send(frame(FrameType.RST_STREAM, 0, 1, uint32(8)));
  await waitFor("both reasons", () => server.closeReasons.length === 2);
  assert.deepEqual(server.closeReasons, ["ended with OK", "reset by the client (code 8)"]);
  client.close();
});

test("a connection that is lost is reported as such", async (t) => {
  const server = await listenEcho(t);
  const client = connectRaw(server.port);
  client.send(openFrame(1));
  await waitFor("the stream", () => server.streams.size === 1);
  client.close();
  await waitFor("the reason", () => server.closeReasons.length === 1);
  assert.deepEqual(server.closeReasons, ["the connection is gone"]);
});

test("a handler that throws costs its own stream, with INTERNAL, and is reported", async (t) => {
  const server = await listenEcho(t, {
    onStream: (stream) =>
      stream.path === "/bad"
        ? {
            onMessage() {
              throw new Error("a defect");
            },
            onEnd() {},
            onDrain() {},
            onClose() {},
          }
        : undefined,
  });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const [bad, good] = [startCall(connection, "/bad"), startCall(connection)];
  bad.send("x");
  assert.equal((await bad.ended).code, 13);
  good.send("x");
  await waitFor("the echo", () => good.messages.length === 1);
  assert.match(String(server.faults[0]), /a defect/);
});

test("any message survives percent-encoding, and encoded it is printable ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (message) => {
      const encoded = encodeGrpcMessage(message);
      assert.match(encoded, /^[\x20-\x7e]*$/);
      assert.equal(decodeGrpcMessage(encoded), message);
    }),
  );
});

test("a malformed grpc-message is taken as it stands", () => {
  assert.equal(decodeGrpcMessage("100%"), "100%");
  assert.equal(decodeGrpcMessage("%zz%4"), "%zz%4");
  assert.equal(decodeGrpcMessage("%FF"), "\ufffd");
});
