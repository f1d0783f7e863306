import assert from "node:assert/strict";
import { test } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { listenWorkers } from "../../src/server/workers/listen-workers.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

test("a message that is allowed is taken, though it is more than a worker's part of what may be held of them", async (t) => {
  const limits = { maxPartialBytes: 4_000_000, maxMessageBytes: 3_000_000, maxAllowedMessageBytes: 3_000_000 };
  const transport = await listenWorkers({ port: 0, limits }, 2, {
    onStream: (stream) => ({
      onMessage: ({ length }) => stream.send(frameMessage(Buffer.from(`${length}`))),
      onEnd() {},
      onDrain() {},
      onClose() {},
    }),
  });
  t.after(() => transport.close());
  const connection = connectTo(`127.0.0.1:${transport.address.port}`);
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send(Buffer.alloc(2_900_000));
  await waitFor("an answer", () => call.messages.length > 0 || call.status !== undefined);
  assert.deepEqual([call.status, Buffer.from(call.messages[0] ?? []).toString()], [undefined, "2900000"]);
});
