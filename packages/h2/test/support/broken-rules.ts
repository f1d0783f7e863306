import { Flag, FrameType, frame, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { ErrorCode } from "../../src/index.ts";

/** What came after the handshake and one open stream, #1; then how the connection must end. */
export type BrokenRule = readonly [what: string, came: readonly Buffer[], code: keyof typeof ErrorCode];

const { DATA, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const bytes = (length: number): Buffer => Buffer.alloc(length);

/** What neither end of a connection may do. */
export const brokenByEither: readonly BrokenRule[] = [
  ["DATA without a stream", [frame(DATA, 0, 0, bytes(1))], "PROTOCOL_ERROR"],
  ["PRIORITY without a stream", [frame(PRIORITY, 0, 0, bytes(5))], "PROTOCOL_ERROR"],
  ["RST_STREAM without a stream", [frame(RST_STREAM, 0, 0, bytes(4))], "PROTOCOL_ERROR"],
  ["CONTINUATION without a stream", [frame(CONTINUATION, 0, 0)], "PROTOCOL_ERROR"],
  ["SETTINGS on a stream", [frame(SETTINGS, 0, 1)], "PROTOCOL_ERROR"],
  ["PING on a stream", [frame(PING, 0, 1, bytes(8))], "PROTOCOL_ERROR"],
  ["GOAWAY on a stream", [frame(GOAWAY, 0, 1, bytes(8))], "PROTOCOL_ERROR"],
  ["a push", [frame(PUSH_PROMISE, 4, 1, bytes(4))], "PROTOCOL_ERROR"],
  ["PRIORITY of 4 bytes", [frame(PRIORITY, 0, 1, bytes(4))], "FRAME_SIZE_ERROR"],
  ["RST_STREAM of 5 bytes", [frame(RST_STREAM, 0, 1, bytes(5))], "FRAME_SIZE_ERROR"],
  ["SETTINGS of 7 bytes", [frame(SETTINGS, 0, 0, bytes(7))], "FRAME_SIZE_ERROR"],
  ["an acknowledgement with settings", [frame(SETTINGS, Flag.ACK, 0, bytes(6))], "FRAME_SIZE_ERROR"],
  ["PING of 7 bytes", [frame(PING, 0, 0, bytes(7))], "FRAME_SIZE_ERROR"],
  ["GOAWAY of 7 bytes", [frame(GOAWAY, 0, 0, bytes(7))], "FRAME_SIZE_ERROR"],
  ["WINDOW_UPDATE of 3 bytes", [frame(WINDOW_UPDATE, 0, 0, bytes(3))], "FRAME_SIZE_ERROR"],
  ["a frame over the limit, though only its header came", [frame(DATA, 0, 1, bytes(0), 16_385)], "FRAME_SIZE_ERROR"],
  ["an unknown frame over the limit", [frame(77, 0, 1, bytes(0), 16_385)], "FRAME_SIZE_ERROR"],
  ["a padded DATA frame without its padding's length", [frame(DATA, Flag.PADDED, 1)], "FRAME_SIZE_ERROR"],
  ["WINDOW_UPDATE of 0", [frame(WINDOW_UPDATE, 0, 0, uint32(0))], "PROTOCOL_ERROR"],
  ["a connection window over 2^31 - 1", [frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))], "FLOW_CONTROL_ERROR"],
  ["an initial window over 2^31 - 1", [settingsFrame([[4, 2 ** 31]])], "FLOW_CONTROL_ERROR"],
  ["ENABLE_PUSH of 2", [settingsFrame([[2, 2]])], "PROTOCOL_ERROR"],
  ["MAX_FRAME_SIZE of 16,383", [settingsFrame([[5, 16_383]])], "PROTOCOL_ERROR"],
  ["MAX_FRAME_SIZE of 2^24", [settingsFrame([[5, 2 ** 24]])], "PROTOCOL_ERROR"],
  ["an acknowledgement too many", [frame(SETTINGS, 1, 0), frame(SETTINGS, 1, 0)], "PROTOCOL_ERROR"],
  ["CONTINUATION of nothing", [frame(CONTINUATION, 4, 1)], "PROTOCOL_ERROR"],
];
