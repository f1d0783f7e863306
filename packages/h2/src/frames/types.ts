/** HTTP/2's frame types. Others are skipped by whoever receives them. @see RFC 9113, section 6 */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags of frames; which of them a frame can have depends on its type. */
export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

/** Bytes of a frame's header. */
export const frameHeaderBytes = 9;

/** The frame size that everyone takes without having said so, bytes. */
export const defaultMaxFrameBytes = 16_384;

/** The largest frame that a peer can allow, bytes. */
export const largestMaxFrameBytes = 2 ** 24 - 1;

/** A flow control window before anyone said otherwise, bytes. */
export const defaultWindowBytes = 65_535;

/** The largest flow control window, bytes. */
export const largestWindowBytes = 2 ** 31 - 1;

/** The largest id that a stream can have. */
export const largestStreamId = 2 ** 31 - 1;

/** What a client sends first, before its SETTINGS. @see RFC 9113, section 3.4 */
export const clientPreface: Uint8Array = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
