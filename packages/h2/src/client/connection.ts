import { Endpoint } from "../connection/endpoint.ts";
import { cancelled, ended, lost, type StreamEnd } from "../connection/stream-end.ts";
import { H2Error } from "../errors.ts";
import type { Sent } from "../flow/send-side.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { frameTypeName } from "../frames/check-header.ts";
import { ErrorCode } from "../frames/error-codes.ts";
import type { HeaderBlock } from "../frames/header-block.ts";
import { SettingId } from "../frames/settings.ts";
import { clientPreface, Flag, FrameType, largestStreamId } from "../frames/types.ts";
import { writeFrameHeader, writeGoaway } from "../frames/write.ts";
import { checkTrailers } from "../headers/check-fields.ts";
import { statusOfResponse } from "../headers/check-response.ts";
import type { DecodedHeaders } from "../hpack/decoder.ts";
import type { HeaderList } from "../hpack/header-list.ts";
import type { ConnectionHandler, StreamHandler } from "./handlers.ts";
import type { ClientOptions } from "./options.ts";
import { ClientStream } from "./stream.ts";

/** Streams that may be opened before the server's SETTINGS tell how many: a server refuses what is over its limit. */
const streamsBeforeSettings = 1;

/**
 * A client's end of an HTTP/2 connection, without its socket: {@link receive} takes bytes and calls handlers, the other
 * methods write bytes into the handler's output.
 *
 * Made for very many connections that mostly idle: no timers and no buffers. Methods may be called from within handlers.
 * @see RFC 9113
 */
export class ClientConnection extends Endpoint<ClientStream, ClientOptions, ConnectionHandler> {
  /** Streams to be opened when the server allows, with their headers. */
  #waiting: { readonly stream: ClientStream; readonly block: Uint8Array }[] | undefined = undefined;
  #nextStreamId = 1;
  /** What the server said, if it did. */
  #peerMaxStreams: number | undefined = undefined;
  #isDraining = false;

  /** Streams that are open or wait to be. */
  get streamCount(): number {
    return this.streams.size + (this.#waiting?.length ?? 0);
  }

  /** Whether a stream can be opened, now or after waiting. */
  get canOpen(): boolean {
    const waiting = this.#waiting?.length ?? 0;
    const { maxWaitingStreams } = this.options;
    return !this.isDone && !this.#isDraining && waiting < maxWaitingStreams && this.#nextStreamId <= largestStreamId;
  }

  /** Writes the preface and the SETTINGS: once, first of all. */
  start(): void {
    this.output().append(clientPreface);
    this.writeOurSettings([[SettingId.ENABLE_PUSH, 0]]);
  }

  /**
   * Opens a stream: writes its HEADERS, or lets it wait until the server allows one more.
   * @param block of `encodeHeaders`; it can be shared among connections
   * @throws {H2Error} `stream-limit` when {@link canOpen} is false
   */
  open(block: Uint8Array, handler: StreamHandler): ClientStream {
    if (!this.canOpen) throw new H2Error("stream-limit", "no more streams can be opened on this connection");
    const stream = new ClientStream(handler);
    if (this.streams.size < this.#maxStreams) this.#openNow(stream, block);
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
    return this.sending.begin(stream, length);
  }

  /** Sends bytes on a stream, which must not change while they wait. */
  send(stream: ClientStream, bytes: Uint8Array): Sent {
    return this.sending.send(stream, bytes);
  }

  /** Ends what we send on a stream, behind what waits. */
  end(stream: ClientStream): void {
    this.sending.end(stream);
  }

  /** Resets a stream; its handler is told `cancelled` at once. */
  reset(stream: ClientStream, code: number = ErrorCode.CANCEL): void {
    if (stream.isClosed) return;
    this.writeReset(stream, code);
    this.close(stream, cancelled);
  }

  /** Says goodbye to the server, and that its streams are of no interest any more. */
  sayGoodbye(): void {
    writeGoaway(this.output(), 0, ErrorCode.NO_ERROR, "");
    this.isDone = true;
  }

  override lose(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    super.lose();
    for (const { stream } of waiting) this.close(stream, lost);
  }

  protected get lastPeerStreamId(): number {
    return 0; // a server opens none: pushes are not enabled
  }

  protected onHeaderList({ streamId, isEndStream }: HeaderBlock, decoded: DecodedHeaders) {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.onStray(FrameType.HEADERS, streamId);
    if (decoded.kind === "too-large") {
      const { maxHeaderPairs, maxHeaderListBytes } = this.options;
      const limits = `${maxHeaderPairs} headers and ${maxHeaderListBytes} bytes are taken`;
      const message = `a response had ${decoded.pairs} headers with ${decoded.bytes} bytes, and at most ${limits}`;
      return this.fault(stream, new H2Error("enhance-your-calm", message));
    }
    const { headers } = decoded;
    try {
      if (stream.remote === "open") return this.#onTrailers(stream, headers, isEndStream);
      const isFinal = statusOfResponse(headers) >= 200;
      if (!isFinal && isEndStream) throw new H2Error("protocol-error", "an informational response ended the stream");
      if (!isFinal) return;
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      return this.fault(stream, error);
    }
    stream.remote = "open";
    stream.handler.onHeaders(stream, headers);
    if (isEndStream && !stream.isClosed) this.onPeerEnd(stream);
  }

  protected checkData(stream: ClientStream): void {
    if (stream.remote === "open") return;
    this.fault(stream, new H2Error("protocol-error", "DATA came before the response's headers"));
  }

  protected onBody(stream: ClientStream, chunk: Uint8Array, start: number, end: number): void {
    stream.handler.onData(stream, chunk, start, end);
  }

  protected onEmptyData(): void {}

  /** What we had still to send is of no use any more. */
  protected onPeerEnd(stream: ClientStream): void {
    stream.remote = "ended";
    if (stream.local === "open" && stream.queue === undefined) {
      writeFrameHeader(this.output(), 0, FrameType.DATA, Flag.END_STREAM, stream.id);
    } else if (stream.local !== "ended") this.writeReset(stream, ErrorCode.CANCEL);
    this.close(stream, ended);
  }

  protected onPeerReset(stream: ClientStream, code: number): void {
    this.close(stream, code === ErrorCode.REFUSED_STREAM ? { kind: "refused", by: "reset" } : { kind: "reset", code });
  }

  /** A stream that is over may still have been sent what crossed its end. */
  protected onStray(type: number, streamId: number): void {
    if (streamId % 2 === 1 && streamId < this.#nextStreamId) return;
    throw new H2Error(
      "protocol-error",
      `a ${frameTypeName(type)} frame came for stream ${streamId}, which nobody opened`,
    );
  }

  protected onSetting(id: number, value: number): void {
    if (id === SettingId.MAX_CONCURRENT_STREAMS) this.#peerMaxStreams = value;
  }

  protected onSettingsHeeded(isFirst: boolean): void {
    if (isFirst) this.handler.onReady();
    this.#openWaiting();
  }

  protected onGoaway(lastStreamId: number, code: number, text: string): void {
    this.#isDraining = true;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.handler.onGoaway({ code, lastStreamId, text });
    for (const stream of this.streams.all()) if (stream.id > lastStreamId) this.close(stream, refusedByGoaway);
    for (const { stream } of waiting) this.close(stream, refusedByGoaway);
  }

  protected onPing(isAck: boolean): void {
    if (isAck) this.handler.onPong();
  }

  onFlushed(): void {}

  protected override writeReset(stream: ClientStream, code: number): void {
    if (stream.id !== 0) super.writeReset(stream, code);
  }

  protected onClosed(stream: ClientStream, end: StreamEnd): void {
    if (stream.id === 0 && this.#waiting !== undefined) {
      this.#waiting = this.#waiting.filter((waiting) => waiting.stream !== stream);
    }
    stream.handler.onClosed(stream, end);
    if (!this.isDone) this.#openWaiting();
  }

  get #maxStreams(): number {
    return this.#peerMaxStreams ?? (this.isReady ? Number.POSITIVE_INFINITY : streamsBeforeSettings);
  }

  #onTrailers(stream: ClientStream, headers: HeaderList, isEndStream: boolean): void {
    if (!isEndStream) throw new H2Error("protocol-error", "trailers came that did not end the stream");
    checkTrailers(headers);
    stream.handler.onTrailers(stream, headers);
    if (!stream.isClosed) this.onPeerEnd(stream);
  }

  #openNow(stream: ClientStream, block: Uint8Array): void {
    stream.id = this.#nextStreamId;
    this.#nextStreamId += 2;
    stream.sendWindow = this.sending.streamWindow;
    this.streams.add(stream);
    this.sending.writeHeaders(stream, block, false);
  }

  #openWaiting(): void {
    while (this.#waiting !== undefined && this.streams.size < this.#maxStreams) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#waiting = undefined;
      else {
        this.#openNow(next.stream, next.block);
        this.sending.flush(next.stream);
      }
    }
  }
}

const refusedByGoaway: StreamEnd = { kind: "refused", by: "goaway" };
