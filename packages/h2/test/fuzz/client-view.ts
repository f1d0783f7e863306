import { Flag, FrameType } from "../../../xds/test/support/http2-frames.ts";
import { HpackDecoder } from "../../src/index.ts";

/** What a client saw of one stream. */
export interface StreamView {
  headers: string | undefined;
  readonly body: Buffer[];
  trailers: string | undefined;
  isEnded: boolean;
  /** Of RST_STREAM. */
  reset: number | undefined;
}

/** What a client saw of a connection, with the rules that a server has to keep. It remembers no more than it has to compare. */
export class ClientView {
  readonly streams = new Map<number, StreamView>();
  /** Of the last GOAWAY. */
  goaway: number | undefined;
  pongs = 0;
  settingsAcks = 0;
  /** Frames of the server so far. */
  frames = 0;
  /** Rules that the server broke. */
  readonly wrongs: string[] = [];
  readonly #decoder = new HpackDecoder({ maxHeaderPairs: 100, maxHeaderListBytes: 100_000 });
  #unread: Buffer = Buffer.alloc(0);
  #block: { readonly id: number; readonly isEnd: boolean; readonly parts: Buffer[] } | undefined;
  /** What the server may send still: of the connection, and by stream. */
  #window = 65_535;
  readonly #windows = new Map<number, number>();
  #initialWindow = 65_535;
  #maxFrame = 16_384;
  /** Our SETTINGS that were not acknowledged yet. */
  readonly #offered: (readonly (readonly [number, number])[])[] = [];

  /** We sent SETTINGS: they hold from their acknowledgement on. */
  offer(settings: readonly (readonly [number, number])[]): void {
    this.#offered.push(settings);
  }

  /** We sent WINDOW_UPDATE. */
  grant(streamId: number, bytes: number): void {
    if (streamId === 0) this.#window += bytes;
    else this.#windows.set(streamId, this.#windowOf(streamId) + bytes);
  }

  /** Takes what the server sent. */
  feed(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    while (this.#unread.length >= at + 9) {
      const length = this.#unread.readUIntBE(at, 3);
      if (this.#unread.length < at + 9 + length) break;
      const [type, flags] = [this.#unread[at + 3]!, this.#unread[at + 4]!];
      const id = this.#unread.readUInt32BE(at + 5) & 0x7fffffff;
      if (length > this.#maxFrame) this.wrongs.push(`a frame of ${length} bytes`);
      this.#onFrame(type, flags, id, this.#unread.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    this.#unread = this.#unread.subarray(at);
  }

  /** Whether a frame has begun and is not whole. */
  get isWithinFrame(): boolean {
    return this.#unread.length > 0;
  }

  #windowOf(id: number): number {
    return this.#windows.get(id) ?? this.#initialWindow;
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer) {
    this.frames += 1;
    if (this.#block !== undefined && type !== FrameType.CONTINUATION) this.wrongs.push("a frame within a header block");
    switch (type) {
      case FrameType.DATA:
        return this.#onData(flags, id, payload);
      case FrameType.HEADERS:
        this.#block = { id, isEnd: (flags & Flag.END_STREAM) !== 0, parts: [] };
        return this.#onBlock(flags, payload);
      case FrameType.CONTINUATION:
        return this.#onBlock(flags, payload);
      case FrameType.RST_STREAM:
        this.#open(id, "RST_STREAM", true).reset ??= payload.readUInt32BE(0);
        return;
      case FrameType.SETTINGS:
        if (flags & Flag.ACK) this.#onSettingsAck();
        return;
      case FrameType.PING:
        if (flags & Flag.ACK) this.pongs += 1;
        return;
      case FrameType.GOAWAY:
        this.goaway = payload.readUInt32BE(4);
    }
  }

  #onData(flags: number, id: number, payload: Buffer): void {
    const stream = this.#open(id, "DATA");
    this.#window -= payload.length;
    this.#windows.set(id, this.#windowOf(id) - payload.length);
    if (payload.length > 0 && (this.#window < 0 || this.#windowOf(id) < 0))
      this.wrongs.push(`DATA over a window of ${id}`);
    if (stream.headers === undefined) this.wrongs.push(`DATA before headers on ${id}`);
    stream.body.push(Buffer.from(payload));
    if (flags & Flag.END_STREAM) stream.isEnded = true;
  }

  #onBlock(flags: number, payload: Buffer) {
    const block = this.#block;
    if (block === undefined) {
      this.wrongs.push("CONTINUATION of nothing");
      return;
    }
    block.parts.push(payload);
    if ((flags & Flag.END_HEADERS) === 0) return;
    this.#block = undefined;
    const decoded = this.#decoder.decode(Buffer.concat(block.parts));
    const stream = this.#open(block.id, "HEADERS");
    const text = decoded.kind === "headers" ? decoded.headers.join("\n") : "too large";
    if (stream.headers === undefined) stream.headers = text;
    else stream.trailers = text;
    if (block.isEnd) stream.isEnded = true;
  }

  #open(id: number, what: string, mayBeEnded = false): StreamView {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { headers: undefined, body: [], trailers: undefined, isEnded: false, reset: undefined };
      this.streams.set(id, stream);
    }
    if (stream.reset !== undefined && !mayBeEnded) this.wrongs.push(`${what} after RST_STREAM on ${id}`);
    if (stream.isEnded && !mayBeEnded) this.wrongs.push(`${what} after the end of ${id}`);
    return stream;
  }

  #onSettingsAck(): void {
    this.settingsAcks += 1;
    for (const [setting, value] of this.#offered.shift() ?? []) {
      if (setting === 4) {
        for (const [id, window] of this.#windows) this.#windows.set(id, window + value - this.#initialWindow);
        this.#initialWindow = value;
      }
      if (setting === 5) this.#maxFrame = value;
    }
  }
}

/** A stream as it is compared; `undefined`: nothing came. */
export function describeStream(stream: StreamView | undefined): string {
  if (stream === undefined) return "nothing";
  const body = Buffer.concat(stream.body);
  // A server may tell a client which still sends that nobody listens any more (RFC 9113, section 8.1), or not.
  const reset = stream.isEnded && stream.reset === 0 ? undefined : stream.reset;
  const end = reset !== undefined ? `reset ${reset}` : stream.isEnded ? "ended" : "open";
  return `${stream.headers ?? "no headers"} | ${body.length} bytes ${checksum(body)} | ${stream.trailers ?? "-"} | ${end}`;
}

function checksum(bytes: Buffer): number {
  let sum = 1;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}
