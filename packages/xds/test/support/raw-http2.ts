import { connect, type Socket } from "node:net";
import { Flag, FrameType, frame, preface, settingsFrame } from "./http2-frames.ts";

/** A frame of the server. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A client that sends whatever bytes a test wants, and keeps the frames it gets. */
export interface RawClient {
  readonly socket: Socket;
  readonly frames: readonly ReceivedFrame[];
  readonly isClosed: boolean;
  send(...bytes: readonly Uint8Array[]): void;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

/** How a {@link RawClient} behaves. */
export interface RawClientOptions {
  /** Sends the preface and SETTINGS first. Default `true`. */
  readonly handshake?: boolean;
  /** The client's SETTINGS: (identifier, value). */
  readonly settings?: readonly (readonly [number, number])[];
  /** Acknowledges SETTINGS and answers PINGs. Default `true`. */
  readonly answers?: boolean;
  /** Keeps DATA payloads. Default `true`; a test that floods turns it off. */
  readonly keepsFrames?: boolean;
}

/** Connects to a port of this machine. */
export function connectRaw(port: number, options: RawClientOptions = {}): RawClient {
  const { handshake = true, settings = [], answers = true, keepsFrames = true } = options;
  const socket = connect(port, "127.0.0.1");
  const frames: ReceivedFrame[] = [];
  let unread: Buffer = Buffer.alloc(0);
  let isClosed = false;
  const answer = (received: ReceivedFrame): void => {
    if (received.flags & Flag.ACK) return;
    if (received.type === FrameType.SETTINGS) socket.write(frame(FrameType.SETTINGS, Flag.ACK, 0));
    if (received.type === FrameType.PING) socket.write(frame(FrameType.PING, Flag.ACK, 0, received.payload));
  };
  socket.on("data", (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      const end = 9 + unread.readUIntBE(0, 3);
      const received: ReceivedFrame = {
        type: unread[3] as number,
        flags: unread[4] as number,
        streamId: unread.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(unread.subarray(9, end)),
      };
      unread = unread.subarray(end);
      if (keepsFrames) frames.push(received);
      if (answers) answer(received);
    }
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  if (handshake) socket.write(Buffer.concat([preface, settingsFrame(settings)]));
  return {
    socket,
    frames,
    closed,
    get isClosed() {
      return isClosed;
    },
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    close: () => void socket.destroy(),
  };
}

/** The error code and debug text of the last GOAWAY received. */
export function lastGoaway(client: RawClient): { readonly code: number; readonly text: string } | undefined {
  const goaway = client.frames.findLast(({ type, payload }) => type === FrameType.GOAWAY && payload.length >= 8);
  return goaway && { code: goaway.payload.readUInt32BE(4), text: goaway.payload.toString("latin1", 8) };
}
