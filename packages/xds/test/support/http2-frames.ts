/** Frame types of RFC 9113; not taken from `@fairlead/h2`: what tries a transport does not borrow its numbers. */
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

export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** One frame; `length` may lie about the payload. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(length & 0xffffff, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId >>> 0, 5);
  bytes.set(payload, 9);
  return bytes;
}

/** A header block of literals without indexing and without Huffman codes. */
export function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

/** The headers of a gRPC call. */
export function callHeaders(path: string, more: Readonly<Record<string, string>> = {}): [string, string][] {
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "test",
    te: "trailers",
    "content-type": "application/grpc",
    ...more,
  };
  return Object.entries(headers);
}

/** A HEADERS frame that opens a gRPC call. */
export function openFrame(streamId: number, path = "/echo", more: Readonly<Record<string, string>> = {}): Buffer {
  return frame(FrameType.HEADERS, Flag.END_HEADERS, streamId, headerBlock(callHeaders(path, more)));
}

/** A DATA frame with one gRPC message; `length` may lie about the body. */
export function messageFrame(streamId: number, body: Uint8Array, compressedFlag = 0, length = body.length): Buffer {
  return frame(FrameType.DATA, 0, streamId, grpcMessage(body, compressedFlag, length));
}

/** A gRPC message with its prefix, written independently of the code under test. */
export function grpcMessage(body: Uint8Array, compressedFlag = 0, length = body.length): Buffer {
  const message = Buffer.alloc(5 + body.length);
  message[0] = compressedFlag;
  message.writeUInt32BE(length >>> 0, 1);
  message.set(body, 5);
  return message;
}

/** The payload of RST_STREAM and the like. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A SETTINGS frame of (identifier, value) pairs. */
export function settingsFrame(settings: readonly (readonly [number, number])[] = []): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  settings.forEach(([id, value], at) => {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value >>> 0, 6 * at + 2);
  });
  return frame(FrameType.SETTINGS, 0, 0, payload);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([hpackInteger(bytes.length, 7), bytes]);
}

function hpackInteger(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
