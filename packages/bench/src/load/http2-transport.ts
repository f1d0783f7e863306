import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Target } from "../plan/plan.ts";
import type { Connection, Stream, StreamHandlers, Transport } from "./transport.ts";

/** Until our own client takes over: `node:http2`, plaintext. */
export function http2Transport({ host, port }: Target): Transport {
  return { connect: () => new Http2Connection(connect(`http://${host}:${port}`)) };
}

class Http2Connection implements Connection {
  private readonly session: ClientHttp2Session;
  private isCut = false;

  constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on("error", () => {});
  }

  get isGone(): boolean {
    return this.session.closed || this.session.destroyed;
  }

  open(path: string, handlers: StreamHandlers): Stream {
    const call = this.session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let rest: Buffer = Buffer.alloc(0);
    let failure: Error | undefined;
    let isOver = false;
    call.on("data", (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1) && !isOver) {
        const end = 5 + rest.readUInt32BE(1);
        const message = rest.subarray(5, end);
        rest = rest.subarray(end);
        handlers.onMessage(message);
      }
    });
    call.on("error", (error) => {
      failure = error;
    });
    call.on("close", () => {
      if (isOver || this.isCut) return;
      isOver = true;
      const isUnreachable = String(failure?.message).includes("ECONNREFUSED");
      handlers.onEnd({
        kind: isUnreachable ? "unreachable" : "refused",
        message: failure?.message ?? "the stream ended",
      });
    });
    return streamOver(call, () => {
      isOver = true;
    });
  }

  cut(): void {
    this.isCut = true;
    this.session.destroy();
  }
}

function streamOver(call: ClientHttp2Stream, onReset: () => void): Stream {
  return {
    send(message) {
      const frame = Buffer.allocUnsafe(5 + message.length);
      frame[0] = 0;
      frame.writeUInt32BE(message.length, 1);
      frame.set(message, 5);
      call.write(frame);
    },
    reset() {
      onReset();
      call.close(8);
    },
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}
