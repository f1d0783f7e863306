import { H2Error } from "../errors.ts";
import { SendSide, type Sent } from "../flow/send-side.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { frameTypeName } from "../frames/check-header.ts";
import { ErrorCode } from "../frames/error-codes.ts";
import { FrameReader, type FrameSink } from "../frames/frame-reader.ts";
import { type HeaderBlock, HeaderBlockReader } from "../frames/header-block.ts";
import { readUint31, readUint32 } from "../frames/read-uint32.ts";
import { readSettings, SettingId } from "../frames/settings.ts";
import { clientPreface, defaultWindowBytes, Flag, FrameType, largestWindowBytes } from "../frames/types.ts";
import {
  writeFrameHeader,
  writeGoaway,
  writeHeaders,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "../frames/write.ts";
import { HpackDecoder } from "../hpack/decoder.ts";
import { emptyTableUpdate } from "../hpack/encoder.ts";
import { checkTrailers, statusOfResponse } from "./check-response.ts";
import type { ConnectionHandler, StreamEnd, StreamHandler } from "./handlers.ts";
import type { ClientOptions } from "./options.ts";
import { ClientStream } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";

/** Streams that may be opened before the server's SETTINGS tell how many: a server refuses what is over its limit. */
const streamsBeforeSettings = 1;
const lastStreamId = 2 ** 31 - 1;

/**
 * A client's end of an HTTP/2 connection, without its socket: {@link receive} takes bytes and calls handlers, the other
 * methods write bytes into the handler's output.
 *
 * Made for very many connections that mostly idle: one holds about a kilobyte, no timers and no buffers. Methods may be
 * called from within handlers.
 * @see RFC 9113
 */
export class ClientConnection implements FrameSink {
  readonly #options: ClientOptions;
  readonly #handler: ConnectionHandler;
  readonly #reader: FrameReader;
  readonly #blocks: HeaderBlockReader;
  readonly #decoder: HpackDecoder;
  readonly #sending: SendSide;
  readonly #streams = new StreamTable();
  /** Streams to be opened when the server allows, with their headers. */
  #waiting: { readonly stream: ClientStream; readonly block: Uint8Array }[] | undefined;
  #nextStreamId = 1;
  /** Bytes that came and were not given back to the connection's window. */
  #unreported = 0;
  /** Whose DATA is being read; `undefined`: a stream that is gone. */
  #dataStream: ClientStream | undefined;
  #peerMaxStreams = streamsBeforeSettings;
  #peerTableBytes = 4_096;
  #isTableUpdateDue = false;
  #isReady = false;
  #isSettingsAcked = false;
  #isDraining = false;
  isDone = false;

  constructor(options: ClientOptions, handler: ConnectionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#reader = new FrameReader(options.maxFrameBytes);
    this.#blocks = new HeaderBlockReader(options.maxHeaderListBytes);
    this.#decoder = new HpackDecoder(options);
    this.#sending = new SendSide(handler, options.maxQueuedBytes);
  }

  /** Streams that are open or wait to be. */
  get streamCount(): number {
    return this.#streams.size + (this.#waiting?.length ?? 0);
  }

  /** Bytes that wait for the server's windows. */
  get queuedBytes(): number {
    return this.#sending.queuedBytes;
  }

  /** Whether a stream can be opened, now or after waiting. */
  get canOpen(): boolean {
    const waiting = this.#waiting?.length ?? 0;
    return (
      !this.isDone &&
      !this.#isDraining &&
      waiting < this.#options.maxWaitingStreams &&
      this.#nextStreamId <= lastStreamId
    );
  }

  /** Writes the preface and the SETTINGS: once, first of all. */
  start(): void {
    const { streamWindowBytes, connectionWindowBytes, maxFrameBytes, headerTableBytes, maxHeaderListBytes } =
      this.#options;
    const out = this.#handler.output();
    out.append(clientPreface);
    writeSettings(out, [
      [SettingId.HEADER_TABLE_SIZE, headerTableBytes],
      [SettingId.ENABLE_PUSH, 0],
      [SettingId.INITIAL_WINDOW_SIZE, streamWindowBytes],
      [SettingId.MAX_FRAME_SIZE, maxFrameBytes],
      [SettingId.MAX_HEADER_LIST_SIZE, maxHeaderListBytes],
    ]);
    const more = connectionWindowBytes - defaultWindowBytes;
    if (more > 0) writeWindowUpdate(out, 0, more);
  }

  /**
   * Takes bytes of the server. Never throws for what they are: a broken rule is told by `onFault`.
   * What is passed to handlers is valid during their call only, so the chunk can be used again afterwards.
   */
  receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    try {
      this.#reader.read(chunk, start, end, this);
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      this.#fail(error);
    }
  }

  /**
   * Opens a stream: writes its HEADERS, or lets it wait until the server allows one more.
   * @param block of `encodeHeaders`; it can be shared among connections
   * @throws {H2Error} `stream-limit` when {@link canOpen} is false
   */
  open(block: Uint8Array, handler: StreamHandler): ClientStream {
    if (!this.canOpen) throw new H2Error("stream-limit", "no more streams can be opened on this connection");
    const stream = new ClientStream(handler, this.#sending.streamWindow);
    if (this.#streams.size < this.#peerMaxStreams) this.#openNow(stream, block);
    else {
      this.#waiting ??= [];
      this.#waiting.push({ stream, block });
    }
    return stream;
  }

  /**
   * Begins one DATA frame of exactly `length` bytes, if it can be sent now and whole.
   * @returns where the caller appends the bytes at once; `undefined`: use {@link send}
   */
  beginData(stream: ClientStream, length: number): ByteWriter | undefined {
    return this.#sending.begin(stream, length);
  }

  /** Sends bytes on a stream, which must not change while they wait. */
  send(stream: ClientStream, bytes: Uint8Array): Sent {
    return this.#sending.send(stream, bytes);
  }

  /** Ends what we send on a stream, behind what waits. */
  end(stream: ClientStream): void {
    this.#sending.end(stream);
  }

  /** Resets a stream; its handler is told `cancelled` at once. */
  reset(stream: ClientStream, code: number = ErrorCode.CANCEL): void {
    if (stream.isClosed) return;
    this.#writeReset(stream, code);
    this.#close(stream, { kind: "cancelled" });
  }

  /** Asks for an answer: `onPong`. */
  ping(): void {
    writePing(this.#handler.output(), pingPayload, false);
  }

  /** Says goodbye to the server, and that its streams are of no interest any more. */
  sayGoodbye(): void {
    writeGoaway(this.#handler.output(), 0, ErrorCode.NO_ERROR, "");
    this.isDone = true;
  }

  /** The connection is gone: ends every stream as `lost`. */
  lose(): void {
    this.isDone = true;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const stream of this.#streams.all()) this.#close(stream, lost);
    for (const { stream } of waiting) this.#close(stream, lost);
  }

  onDataStart(streamId: number, length: number): void {
    this.#needReady(FrameType.DATA);
    this.#blocks.checkOrder(FrameType.DATA, streamId);
    this.#unreported += length;
    const { connectionWindowBytes } = this.#options;
    if (this.#unreported > mostUnreported(connectionWindowBytes)) {
      throw new H2Error("flow-control-error", "more DATA came than the connection's window allows");
    }
    const stream = this.#streams.get(streamId);
    this.#dataStream = stream;
    if (stream === undefined) this.#checkNotIdle(FrameType.DATA, streamId);
    else this.#checkData(stream, length);
    if (2 * this.#unreported < connectionWindowBytes) return;
    writeWindowUpdate(this.#handler.output(), 0, this.#unreported);
    this.#unreported = 0;
  }

  onData(_streamId: number, chunk: Uint8Array, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream !== undefined && !stream.isClosed) stream.handler.onData(stream, chunk, start, end);
  }

  onDataEnd(_streamId: number, isEndStream: boolean) {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined || stream.isClosed) return;
    if (isEndStream) return this.#endedByServer(stream);
    if (2 * stream.unreported < this.#options.streamWindowBytes) return;
    writeWindowUpdate(this.#handler.output(), stream.id, stream.unreported);
    stream.unreported = 0;
  }

  onFrame(type: number, flags: number, streamId: number, payload: Uint8Array) {
    if (type !== FrameType.SETTINGS || flags & Flag.ACK) this.#needReady(type);
    this.#blocks.checkOrder(type, streamId);
    switch (type) {
      case FrameType.HEADERS:
      case FrameType.CONTINUATION: {
        const block = this.#blocks.read(type, flags, streamId, payload);
        if (block !== undefined) this.#onBlock(block);
        return;
      }
      case FrameType.RST_STREAM:
        return this.#onReset(streamId, readUint32(payload, 0));
      case FrameType.SETTINGS:
        return flags & Flag.ACK ? this.#onSettingsAck() : this.#onSettings(payload);
      case FrameType.PUSH_PROMISE:
        throw new H2Error("protocol-error", "a PUSH_PROMISE came, and pushes are not enabled");
      case FrameType.PING:
        if (flags & Flag.ACK) return this.#handler.onPong();
        return writePing(this.#handler.output(), payload, true);
      case FrameType.GOAWAY:
        return this.#onGoaway(payload);
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate(streamId, readUint31(payload, 0));
    }
  }

  #needReady(type: number): void {
    if (this.#isReady) return;
    throw new H2Error("protocol-error", `the first frame is SETTINGS, and was ${frameTypeName(type)}`);
  }

  #checkNotIdle(type: number, streamId: number): void {
    if (streamId % 2 === 1 && streamId < this.#nextStreamId) return;
    throw new H2Error(
      "protocol-error",
      `a ${frameTypeName(type)} frame came for stream ${streamId}, which nobody opened`,
    );
  }

  #checkData(stream: ClientStream, length: number): void {
    stream.unreported += length;
    if (stream.unreported > mostUnreported(this.#options.streamWindowBytes)) {
      this.#fault(stream, new H2Error("flow-control-error", "more DATA came than the stream's window allows"));
    } else if (stream.remote === "idle") {
      this.#fault(stream, new H2Error("protocol-error", "DATA came before the response's headers"));
    }
  }

  #onBlock({ streamId, isEndStream, block }: HeaderBlock) {
    const decoded = this.#decoder.decode(block); // also for a stream that is gone: later blocks build on it
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#checkNotIdle(FrameType.HEADERS, streamId);
    if (decoded.kind === "too-large") {
      const { maxHeaderPairs, maxHeaderListBytes } = this.#options;
      const limits = `${maxHeaderPairs} headers and ${maxHeaderListBytes} bytes are taken`;
      const message = `a response had ${decoded.pairs} headers with ${decoded.bytes} bytes, and at most ${limits}`;
      return this.#fault(stream, new H2Error("enhance-your-calm", message));
    }
    const { headers } = decoded;
    try {
      if (stream.remote === "open") return this.#onTrailers(stream, headers, isEndStream);
      const isFinal = statusOfResponse(headers) >= 200;
      if (!isFinal && isEndStream) throw new H2Error("protocol-error", "an informational response ended the stream");
      if (!isFinal) return;
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      return this.#fault(stream, error);
    }
    stream.remote = "open";
    stream.handler.onHeaders(stream, headers);
    if (isEndStream && !stream.isClosed) this.#endedByServer(stream);
  }

  #onTrailers(stream: ClientStream, headers: readonly string[], isEndStream: boolean) {
    if (!isEndStream) throw new H2Error("protocol-error", "trailers came that did not end the stream");
    checkTrailers(headers);
    stream.handler.onTrailers(stream, headers);
    if (!stream.isClosed) this.#endedByServer(stream);
  }

  /** What we had still to send is of no use any more. */
  #endedByServer(stream: ClientStream): void {
    stream.remote = "ended";
    if (stream.local === "open" && stream.queue === undefined) {
      writeFrameHeader(this.#handler.output(), 0, FrameType.DATA, Flag.END_STREAM, stream.id);
    } else if (stream.local !== "ended") this.#writeReset(stream, ErrorCode.CANCEL);
    this.#close(stream, ended);
  }

  #onReset(streamId: number, code: number) {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#checkNotIdle(FrameType.RST_STREAM, streamId);
    this.#close(stream, code === ErrorCode.REFUSED_STREAM ? { kind: "refused", by: "reset" } : { kind: "reset", code });
  }

  #onSettings(payload: Uint8Array): void {
    const isFirst = !this.#isReady;
    this.#isReady = true;
    if (isFirst) this.#peerMaxStreams = Number.POSITIVE_INFINITY; // unless they say otherwise
    readSettings(payload, (id, value) => this.#onSetting(id, value));
    writeSettingsAck(this.#handler.output());
    if (isFirst) this.#handler.onReady();
    this.#openWaiting();
    this.#sending.flushAll();
  }

  #onSetting(id: number, value: number) {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.#isTableUpdateDue ||= value < this.#peerTableBytes;
        this.#peerTableBytes = value;
        return;
      case SettingId.MAX_CONCURRENT_STREAMS:
        this.#peerMaxStreams = value;
        return;
      case SettingId.INITIAL_WINDOW_SIZE: {
        const waiting = this.#waiting?.map(({ stream }) => stream) ?? [];
        return this.#sending.resizeStreams(value, this.#streams.all(), waiting);
      }
      case SettingId.MAX_FRAME_SIZE:
        this.#sending.peerMaxFrameBytes = value;
    }
  }

  #onSettingsAck(): void {
    if (this.#isSettingsAcked) throw new H2Error("protocol-error", "SETTINGS were acknowledged that nobody sent");
    this.#isSettingsAcked = true;
    this.#decoder.limitTable(this.#options.headerTableBytes);
  }

  #onGoaway(payload: Uint8Array): void {
    this.#isDraining = true;
    const last = readUint31(payload, 0);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    const text = Buffer.from(payload.subarray(8, 8 + 256)).toString("latin1");
    this.#handler.onGoaway({ code: readUint32(payload, 4), lastStreamId: last, text });
    for (const stream of this.#streams.all()) if (stream.id > last) this.#close(stream, refusedByGoaway);
    for (const { stream } of waiting) this.#close(stream, refusedByGoaway);
  }

  #onWindowUpdate(streamId: number, more: number) {
    if (streamId === 0) {
      if (more === 0) throw new H2Error("protocol-error", "a WINDOW_UPDATE of the connection was 0");
      return this.#sending.grow(more);
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#checkNotIdle(FrameType.WINDOW_UPDATE, streamId);
    if (more === 0) return this.#fault(stream, new H2Error("protocol-error", "a WINDOW_UPDATE of the stream was 0"));
    if (stream.sendWindow + more > largestWindowBytes) {
      return this.#fault(stream, new H2Error("flow-control-error", "the stream's window grew over 2^31 - 1"));
    }
    stream.sendWindow += more;
    this.#sending.flush(stream);
  }

  #openNow(stream: ClientStream, block: Uint8Array): void {
    stream.id = this.#nextStreamId;
    this.#nextStreamId += 2;
    stream.local = "open";
    this.#streams.add(stream);
    const out = this.#handler.output();
    writeHeaders(out, stream.id, this.#withTableUpdate(block), false, this.#sending.peerMaxFrameBytes);
  }

  #withTableUpdate(block: Uint8Array): Uint8Array {
    if (!this.#isTableUpdateDue) return block;
    this.#isTableUpdateDue = false;
    return Buffer.concat([emptyTableUpdate, block]);
  }

  #openWaiting(): void {
    while (this.#waiting !== undefined && this.#streams.size < this.#peerMaxStreams) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#waiting = undefined;
      else {
        this.#openNow(next.stream, next.block);
        this.#sending.flush(next.stream);
      }
    }
  }

  #writeReset(stream: ClientStream, code: number): void {
    if (stream.id !== 0) writeReset(this.#handler.output(), stream.id, code);
  }

  #fault(stream: ClientStream, error: H2Error): void {
    this.#writeReset(stream, error.wireCode);
    this.#close(stream, { kind: "fault", error });
  }

  #close(stream: ClientStream, end: StreamEnd): void {
    stream.isClosed = true;
    this.#streams.delete(stream);
    if (stream.id === 0 && this.#waiting !== undefined) {
      this.#waiting = this.#waiting.filter((waiting) => waiting.stream !== stream);
    }
    this.#sending.drop(stream);
    stream.handler.onClosed(stream, end);
    if (!this.isDone) this.#openWaiting();
  }

  #fail(error: H2Error): void {
    if (this.isDone) return;
    writeGoaway(this.#handler.output(), 0, error.wireCode, error.message);
    this.isDone = true;
    this.#handler.onFault(error);
  }
}

/** A window below HTTP/2's own is known to the server only when it has read our SETTINGS; until then it may use that. */
function mostUnreported(windowBytes: number): number {
  return Math.max(windowBytes, defaultWindowBytes);
}

const pingPayload = Buffer.from("fairlead", "latin1");
const ended: StreamEnd = { kind: "ended" };
const lost: StreamEnd = { kind: "lost" };
const refusedByGoaway: StreamEnd = { kind: "refused", by: "goaway" };
