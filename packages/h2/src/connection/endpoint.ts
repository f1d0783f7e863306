import { H2Error } from "../errors.ts";
import { SendSide, type SendTarget } from "../flow/send-side.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { frameTypeName } from "../frames/check-header.ts";
import { FrameReader, type FrameSink } from "../frames/frame-reader.ts";
import { HeaderBlock } from "../frames/header-block.ts";
import { readUint31, readUint32 } from "../frames/read-uint32.ts";
import { readSettings, SettingId } from "../frames/settings.ts";
import { defaultWindowBytes, Flag, FrameType, largestWindowBytes } from "../frames/types.ts";
import {
  writeGoaway,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "../frames/write.ts";
import { type DecodedHeaders, HpackDecoder } from "../hpack/decoder.ts";
import type { EndpointOptions } from "./options.ts";
import type { EndpointStream } from "./stream.ts";
import { lost, type StreamEnd } from "./stream-end.ts";
import { StreamTable } from "./stream-table.ts";

/**
 * How much larger than a header list may be a block may come, coded: one that is somewhat too large is read, so that its stream
 * can be answered and the tables stay in step; one that is far too large ends the connection.
 */
const codedPerListByte = 4;

/** What both ends ask of whoever uses them. */
export interface EndpointHandler {
  /**
   * Where the connection writes: asked before each group of bytes, so that many connections can share one writer. Whoever
   * hands it out sends what is in it afterwards.
   */
  output(): ByteWriter;
  /** The peer broke a rule of the connection. GOAWAY is written, nothing more is read; close it. */
  onFault(error: H2Error): void;
}

/**
 * What a client's and a server's end of a connection do alike: order of frames, header blocks, both levels of flow control,
 * SETTINGS, PING, and what becomes of a broken rule. What differs are the methods below "the other half".
 *
 * A base class, not parts: an object for each part would cost every idle connection its header and a reference.
 */
export abstract class Endpoint<S extends EndpointStream, O extends EndpointOptions, H extends EndpointHandler>
  implements FrameSink, SendTarget<S>
{
  protected readonly options: O;
  protected readonly handler: H;
  protected readonly sending: SendSide<S>;
  protected readonly streams = new StreamTable<S>();
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  /** A header block of which the rest is still to come. */
  #block: HeaderBlock | undefined = undefined;
  /** Bytes that came and were not given back to the connection's window. */
  #unreported = 0;
  /** Whose DATA is being read; `undefined`: a stream that is gone. */
  #dataStream: S | undefined = undefined;
  /** Whether the peer's SETTINGS came. */
  protected isReady = false;
  #isSettingsAcked = false;
  /** Whether the connection is over: nothing more is read. */
  isDone = false;

  constructor(options: O, handler: H) {
    this.options = options;
    this.handler = handler;
    this.#reader = new FrameReader(options.maxFrameBytes);
    this.#decoder = new HpackDecoder(options);
    this.sending = new SendSide(this, options.maxQueuedBytes);
  }

  /** Bytes that wait for the peer's windows. */
  get queuedBytes(): number {
    return this.sending.queuedBytes;
  }

  /** Whether the peer has acknowledged our SETTINGS. */
  get isSettingsAcked(): boolean {
    return this.#isSettingsAcked;
  }

  /**
   * Takes bytes of the peer. Never throws for what they are: a broken rule is told by `onFault`.
   * What is passed to handlers is valid during their call only, so the chunk can be used again afterwards. What a handler throws is
   * passed on, and the connection of no use any more.
   */
  receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    try {
      this.#reader.read(chunk, start, end, this);
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      this.fail(error);
    }
  }

  /** Asks for an answer, which shows that the peer is there. */
  ping(): void {
    writePing(this.output(), pingPayload, 0, false);
  }

  /** The connection is gone: ends every stream as `lost`. */
  lose(): void {
    this.isDone = true;
    for (const stream of this.streams.all()) this.close(stream, lost);
  }

  // The other half: what a client and a server do differently.

  /** The last stream of the peer's that was taken up: GOAWAY names it. */
  protected abstract get lastPeerStreamId(): number;
  /** HEADERS that are complete, also of streams that are not open. */
  protected abstract onHeaderList(block: HeaderBlock, decoded: DecodedHeaders): void;
  /** DATA begins, within the windows: whether the stream may have any now. */
  protected abstract checkData(stream: S): void;
  /** Bytes of DATA. */
  protected abstract onBody(stream: S, chunk: Uint8Array, start: number, end: number): void;
  /** DATA with nothing in it, which ends nothing. */
  protected abstract onEmptyData(): void;
  /** The peer has sent all of the stream. */
  protected abstract onPeerEnd(stream: S): void;
  /** The peer reset the stream. */
  protected abstract onPeerReset(stream: S, code: number): void;
  /** A frame came for a stream that is not open. @throws {H2Error} if none could have come */
  protected abstract onStray(type: number, streamId: number): void;
  /** A setting that is not about what we send. */
  protected abstract onSetting(id: number, value: number): void;
  /** All of a SETTINGS frame is heeded and acknowledged. */
  protected abstract onSettingsHeeded(isFirst: boolean): void;
  protected abstract onGoaway(lastStreamId: number, code: number, text: string): void;
  protected abstract onPing(isAck: boolean): void;
  /** The stream is closed and forgotten: tells its handler. */
  protected abstract onClosed(stream: S, end: StreamEnd): void;
  abstract onFlushed(stream: S): void;

  // What both do, in the order in which it happens.

  output(): ByteWriter {
    return this.handler.output();
  }

  writePayload(bytes: Uint8Array, _stream: S): void {
    this.output().append(bytes);
  }

  /** Writes our SETTINGS, those that both ends have first, and opens the connection's window. */
  protected writeOurSettings(more: readonly (readonly [id: number, value: number])[]): void {
    const { streamWindowBytes, connectionWindowBytes, maxFrameBytes, headerTableBytes, maxHeaderListBytes } =
      this.options;
    const out = this.output();
    writeSettings(out, [
      [SettingId.HEADER_TABLE_SIZE, headerTableBytes],
      [SettingId.INITIAL_WINDOW_SIZE, streamWindowBytes],
      [SettingId.MAX_FRAME_SIZE, maxFrameBytes],
      [SettingId.MAX_HEADER_LIST_SIZE, maxHeaderListBytes],
      ...more,
    ]);
    const growth = connectionWindowBytes - defaultWindowBytes;
    if (growth > 0) writeWindowUpdate(out, 0, growth);
  }

  onDataStart(streamId: number, length: number, isEndStream: boolean): void {
    this.#checkOrder(FrameType.DATA, streamId);
    this.#unreported += length;
    const { connectionWindowBytes } = this.options;
    if (this.#unreported > mostUnreported(connectionWindowBytes)) {
      throw new H2Error("flow-control-error", "more DATA came than the connection's window allows");
    }
    const stream = this.streams.get(streamId);
    this.#dataStream = stream;
    if (stream === undefined) this.onStray(FrameType.DATA, streamId);
    else this.#take(stream, length, isEndStream);
    if (2 * this.#unreported < connectionWindowBytes) return;
    writeWindowUpdate(this.output(), 0, this.#unreported);
    this.#unreported = 0;
  }

  onData(_streamId: number, chunk: Uint8Array, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream !== undefined && !stream.isClosed) this.onBody(stream, chunk, start, end);
  }

  onDataEnd(_streamId: number, isEndStream: boolean): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined || stream.isClosed) return;
    if (isEndStream) this.onPeerEnd(stream);
    else this.giveBack(stream);
  }

  onFrame(type: number, flags: number, streamId: number, chunk: Uint8Array, start: number, end: number) {
    this.#checkOrder(type, streamId, flags);
    switch (type) {
      case FrameType.HEADERS:
        return this.#onHeaders(new HeaderBlock(flags, streamId, chunk.subarray(start, end)), flags);
      case FrameType.CONTINUATION:
        return this.#onContinuation(streamId, flags, chunk.subarray(start, end));
      case FrameType.PRIORITY:
        return this.#onPriority(streamId, readUint31(chunk, start));
      case FrameType.RST_STREAM:
        return this.#onReset(streamId, readUint32(chunk, start));
      case FrameType.SETTINGS:
        return flags & Flag.ACK ? this.#onSettingsAck() : this.#onSettings(chunk, start, end);
      case FrameType.PUSH_PROMISE:
        throw new H2Error("protocol-error", "a PUSH_PROMISE came, and pushes are not enabled");
      case FrameType.PING:
        if ((flags & Flag.ACK) === 0) writePing(this.output(), chunk, start, true);
        return this.onPing((flags & Flag.ACK) !== 0);
      case FrameType.GOAWAY: {
        const text = Buffer.from(chunk.subarray(start + 8, Math.min(end, start + 8 + 256))).toString("latin1");
        return this.onGoaway(readUint31(chunk, start), readUint32(chunk, start + 4), text);
      }
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate(streamId, readUint31(chunk, start));
    }
  }

  /** Gives what came back to the stream's window, at half of it. */
  protected giveBack(stream: S): void {
    if (2 * stream.unreported < this.options.streamWindowBytes) return;
    writeWindowUpdate(this.output(), stream.id, stream.unreported);
    stream.unreported = 0;
  }

  /** The peer broke a rule on this stream alone. */
  protected fault(stream: S, error: H2Error): void {
    this.writeReset(stream, error.wireCode);
    this.close(stream, { kind: "fault", error });
  }

  protected writeReset(stream: S, code: number): void {
    writeReset(this.output(), stream.id, code);
  }

  protected close(stream: S, end: StreamEnd): void {
    if (stream.isClosed) return; // many are closed at once, and a handler of one may have reset another
    stream.end = end;
    this.streams.delete(stream);
    this.sending.drop(stream);
    this.onClosed(stream, end);
  }

  /** The peer broke a rule of the connection. */
  protected fail(error: H2Error): void {
    if (this.isDone) return;
    writeGoaway(this.output(), this.lastPeerStreamId, error.wireCode, error.message);
    this.isDone = true;
    this.handler.onFault(error);
  }

  #checkOrder(type: number, streamId: number, flags = 0): void {
    if (!this.isReady && (type !== FrameType.SETTINGS || flags & Flag.ACK)) {
      throw new H2Error("protocol-error", `the first frame is SETTINGS, and was ${frameTypeName(type)}`);
    }
    if (this.#block !== undefined) this.#block.checkOrder(type, streamId);
  }

  #take(stream: S, length: number, isEndStream: boolean) {
    stream.unreported += length;
    if (stream.unreported > mostUnreported(this.options.streamWindowBytes)) {
      return this.fault(stream, new H2Error("flow-control-error", "more DATA came than the stream's window allows"));
    }
    this.checkData(stream);
    if (length === 0 && !isEndStream && !stream.isClosed) this.onEmptyData();
  }

  #onHeaders(block: HeaderBlock, flags: number) {
    if (flags & Flag.END_HEADERS) return this.onHeaderList(block, this.#decoder.decode(block.bytes));
    block.keep();
    this.#block = block;
  }

  #onContinuation(streamId: number, flags: number, payload: Uint8Array): void {
    const block = this.#block;
    if (block === undefined) {
      throw new H2Error("protocol-error", `a CONTINUATION frame of stream ${streamId} continued nothing`);
    }
    block.append(payload, codedPerListByte * this.options.maxHeaderListBytes);
    if ((flags & Flag.END_HEADERS) === 0) return;
    this.#block = undefined;
    this.onHeaderList(block, this.#decoder.decode(block.bytes)); // also for a stream that is gone: later blocks build on it
  }

  #onPriority(streamId: number, dependsOn: number) {
    if (dependsOn !== streamId) return;
    const error = new H2Error("protocol-error", `stream ${streamId} was to depend on itself`);
    const stream = this.streams.get(streamId);
    if (stream === undefined) throw error;
    this.fault(stream, error);
  }

  #onReset(streamId: number, code: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) this.onStray(FrameType.RST_STREAM, streamId);
    else this.onPeerReset(stream, code);
  }

  #onSettings(chunk: Uint8Array, start: number, end: number): void {
    const isFirst = !this.isReady;
    this.isReady = true;
    const entries = (end - start) / 6;
    if (entries > this.options.maxSettingsEntries) {
      const most = this.options.maxSettingsEntries;
      throw new H2Error("enhance-your-calm", `a SETTINGS frame had ${entries} entries, and at most ${most} are taken`);
    }
    readSettings(chunk, start, end, (id, value) => {
      if (!this.sending.onSetting(id, value, this.streams)) this.onSetting(id, value);
    });
    writeSettingsAck(this.output());
    this.onSettingsHeeded(isFirst);
    this.sending.flushStreams(this.streams.all());
  }

  #onSettingsAck(): void {
    if (this.#isSettingsAcked) throw new H2Error("protocol-error", "SETTINGS were acknowledged that nobody sent");
    this.#isSettingsAcked = true;
    this.#decoder.limitTable(this.options.headerTableBytes);
  }

  #onWindowUpdate(streamId: number, more: number) {
    if (streamId === 0) {
      if (more === 0) throw new H2Error("protocol-error", "a WINDOW_UPDATE of the connection was 0");
      return this.sending.grow(more);
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.onStray(FrameType.WINDOW_UPDATE, streamId);
    if (more === 0) return this.fault(stream, new H2Error("protocol-error", "a WINDOW_UPDATE of the stream was 0"));
    if (stream.sendWindow + more > largestWindowBytes) {
      return this.fault(stream, new H2Error("flow-control-error", "the stream's window grew over 2^31 - 1"));
    }
    stream.sendWindow += more;
    this.sending.flush(stream);
  }
}

/** A window below HTTP/2's own is known to the peer only when it has read our SETTINGS; until then it may use that. */
function mostUnreported(windowBytes: number): number {
  return Math.max(windowBytes, defaultWindowBytes);
}

const pingPayload = Buffer.from("fairlead", "latin1");
