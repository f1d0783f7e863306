// What a client sends to streams that are refused or over must not use up its connection's flow control window.
import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "../../src/grpc/status.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import { FrameType, frame, messageFrame, openFrame } from "../support/http2-frames.ts";
import { connectRaw, type RawClient } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const piece = Buffer.alloc(16_000);

/** Bytes of the connection's window that the server has given beyond the first 65,535. */
function windowGiven(client: RawClient): number {
  const updates = client.frames.filter(({ type, streamId }) => type === FrameType.WINDOW_UPDATE && streamId === 0);
  return updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
}

for (const [what, headers, path] of [
  ["not gRPC", { "content-type": "text/plain" }, "/echo"],
  ["of an unknown method", {}, "/no"],
  ["of an unknown encoding", { "grpc-encoding": "br" }, "/echo"],
] as const) {
  test(`three windows of data on streams that are ${what}`, async (t) => {
    const server = await listenEcho(t, {
      limits: { ...quick, resetBurst: 1_000 },
      onStream: (stream) => (stream.path === "/no" ? status("UNIMPLEMENTED") : undefined),
    });
    const client = connectRaw(server.port);
    let sent = 0;
    for (let id = 1; sent < 3 * 1_048_576; id += 2) {
      await waitFor("room in the window", () => 65_535 + windowGiven(client) - sent > 10 * piece.length);
      client.send(openFrame(id, path, headers));
      for (let at = 0; at < 10; at++) client.send(frame(FrameType.DATA, 0, id, piece));
      sent += 10 * piece.length;
    }
    client.send(openFrame(9_001), messageFrame(9_001, Buffer.from("x")));
    await waitFor("an echo on the same connection", () =>
      client.frames.some(({ type, streamId }) => type === FrameType.DATA && streamId === 9_001),
    );
    client.close();
  });
}

test("a message far beyond the limit, sent all the same, leaves room for the other streams", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxMessageBytes: 1_000 } });
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  const good = startCall(connection);
  for (let at = 0; at < 4; at++) {
    const large = startCall(connection);
    large.send(Buffer.alloc(2_000_000));
    assert.equal((await large.ended).code, 8);
    good.send("x");
    await waitFor("the echo", () => good.messages.length === at + 1);
  }
});
