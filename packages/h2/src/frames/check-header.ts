import { H2Error } from "../errors.ts";
import { Flag, FrameType } from "./types.ts";

/**
 * Checks what a frame's header can tell: that the stream fits the type, and the length too. Frames of unknown types pass.
 * @throws {H2Error}; also for a PRIORITY of a wrong length, which RFC 9113 lets a receiver treat as the connection's error
 * @see RFC 9113, section 6
 */
export function checkFrameHeader(type: number, flags: number, streamId: number, length: number) {
  switch (type) {
    case FrameType.DATA:
    case FrameType.HEADERS:
    case FrameType.PUSH_PROMISE:
    case FrameType.CONTINUATION:
      return needStream(type, streamId);
    case FrameType.PRIORITY:
      needStream(type, streamId);
      if (length !== 5) throw wrongLength(type, length, "5");
      return;
    case FrameType.RST_STREAM:
      needStream(type, streamId);
      if (length !== 4) throw wrongLength(type, length, "4");
      return;
    case FrameType.SETTINGS:
      needConnection(type, streamId);
      if (flags & Flag.ACK && length !== 0) throw wrongLength(type, length, "0, as an acknowledgement has");
      if (length % 6 !== 0) throw wrongLength(type, length, "a multiple of 6");
      return;
    case FrameType.PING:
      needConnection(type, streamId);
      if (length !== 8) throw wrongLength(type, length, "8");
      return;
    case FrameType.GOAWAY:
      needConnection(type, streamId);
      if (length < 8) throw wrongLength(type, length, "8 at least");
      return;
    case FrameType.WINDOW_UPDATE:
      if (length !== 4) throw wrongLength(type, length, "4");
  }
}

const nameByType = Object.keys(FrameType);

/** The name of a frame type. */
export function frameTypeName(type: number): string {
  return nameByType[type] ?? `type-${type}`;
}

function needStream(type: number, streamId: number): void {
  if (streamId === 0)
    throw new H2Error("protocol-error", `a ${frameTypeName(type)} frame needs a stream, and had none`);
}

function needConnection(type: number, streamId: number): void {
  if (streamId === 0) return;
  throw new H2Error(
    "protocol-error",
    `a ${frameTypeName(type)} frame is the connection's, and named stream ${streamId}`,
  );
}

function wrongLength(type: number, length: number, right: string): H2Error {
  return new H2Error(
    "frame-size-error",
    `a ${frameTypeName(type)} frame had ${length} bytes, and its length is ${right}`,
  );
}
