import { Flag, FrameType, frame, messageFrame, openFrame, uint32 } from "../support/http2-frames.ts";
import { connectRaw, lastGoaway, type RawClient } from "../support/raw-http2.ts";
import type { Count } from "./layer.ts";
import { within } from "./within.ts";

const mostWindow = 2 ** 31 - 1;

/** A connection whose HTTP/2 is valid: whatever its streams carry, the server must keep it. */
export interface ValidConnection {
  /** The next stream id. */
  nextStream(): number;
  send(...frames: readonly Buffer[]): void;
  /** Opens one more stream, exchanges a message on it, counts what the others came to, and leaves. */
  finish(path: string, message: Buffer, count: Count): Promise<void>;
}

/** Connects with windows that never fill. */
export function openValid(port: number): ValidConnection {
  const client = connectRaw(port, { settings: [[4, mostWindow]] });
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(mostWindow - 65_535)));
  let lastId = -1;
  const nextStream = (): number => {
    lastId += 2;
    return lastId;
  };
  return {
    nextStream,
    send: (...frames) => client.send(...frames),
    async finish(path, message, count) {
      const id = nextStream();
      client.send(openFrame(id, path), messageFrame(id, message));
      await within(10_000, answered(client, id), "a good stream got no answer behind bad ones on its connection");
      countOutcomes(client, count);
      client.close();
      await client.closed;
    },
  };
}

async function answered(client: RawClient, id: number): Promise<void> {
  while (!client.frames.some(({ type, streamId }) => type === FrameType.DATA && streamId === id)) {
    if (client.isClosed) {
      const goaway = JSON.stringify(lastGoaway(client) ?? "without GOAWAY");
      throw new Error(`the server closed a connection whose HTTP/2 was valid: ${goaway}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function countOutcomes(client: RawClient, count: Count): void {
  for (const { type, flags } of client.frames) {
    if (type === FrameType.DATA) count("message");
    if (type === FrameType.HEADERS && flags & Flag.END_STREAM) count("status");
    if (type === FrameType.RST_STREAM) count("RST_STREAM");
  }
}
