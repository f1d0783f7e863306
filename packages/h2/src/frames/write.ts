import type { ByteWriter } from "./byte-writer.ts";
import { Flag, FrameType, frameHeaderBytes } from "./types.ts";

/** Writes a frame's header. */
export function writeFrameHeader(out: ByteWriter, length: number, type: number, flags: number, streamId: number): void {
  const bytes = out.reserve(frameHeaderBytes);
  const at = out.position - frameHeaderBytes;
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, streamId);
}

/** Writes a SETTINGS frame of (identifier, value) pairs. */
export function writeSettings(out: ByteWriter, settings: readonly (readonly [id: number, value: number])[]): void {
  writeFrameHeader(out, 6 * settings.length, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    const bytes = out.reserve(6);
    const at = out.position - 6;
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    writeUint32(bytes, at + 2, value);
  }
}

/** Writes the acknowledgement of the peer's SETTINGS. */
export function writeSettingsAck(out: ByteWriter): void {
  writeFrameHeader(out, 0, FrameType.SETTINGS, Flag.ACK, 0);
}

/** Writes a PING, or the answer to one: 8 bytes of `from` at `start`. */
export function writePing(out: ByteWriter, from: Uint8Array, start: number, isAck: boolean): void {
  writeFrameHeader(out, 8, FrameType.PING, isAck ? Flag.ACK : 0, 0);
  const bytes = out.reserve(8);
  const at = out.position - 8;
  for (let index = 0; index < 8; index++) bytes[at + index] = from[start + index]!;
}

/** Writes RST_STREAM. */
export function writeReset(out: ByteWriter, streamId: number, code: number): void {
  writeFrameHeader(out, 4, FrameType.RST_STREAM, 0, streamId);
  appendUint32(out, code);
}

/** Writes WINDOW_UPDATE; stream 0 is the connection. */
export function writeWindowUpdate(out: ByteWriter, streamId: number, bytes: number): void {
  writeFrameHeader(out, 4, FrameType.WINDOW_UPDATE, 0, streamId);
  appendUint32(out, bytes);
}

/** Writes GOAWAY. @param text for people, cut at 256 characters */
export function writeGoaway(out: ByteWriter, lastStreamId: number, code: number, text: string): void {
  const detail = Buffer.from(text.slice(0, 256), "latin1");
  writeFrameHeader(out, 8 + detail.length, FrameType.GOAWAY, 0, 0);
  appendUint32(out, lastStreamId);
  appendUint32(out, code);
  out.append(detail);
}

/** Writes a header block as HEADERS and, where it is larger than a frame, CONTINUATION. */
export function writeHeaders(
  out: ByteWriter,
  streamId: number,
  block: Uint8Array,
  isEndStream: boolean,
  maxFrameBytes: number,
): void {
  const endStream = isEndStream ? Flag.END_STREAM : 0;
  for (let at = 0; at === 0 || at < block.length; at += maxFrameBytes) {
    const end = Math.min(block.length, at + maxFrameBytes);
    const endHeaders = end === block.length ? Flag.END_HEADERS : 0;
    const type = at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    writeFrameHeader(out, end - at, type, at === 0 ? endStream | endHeaders : endHeaders, streamId);
    out.append(at === 0 && end === block.length ? block : block.subarray(at, end));
  }
}

function appendUint32(out: ByteWriter, value: number): void {
  const bytes = out.reserve(4);
  writeUint32(bytes, out.position - 4, value);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
