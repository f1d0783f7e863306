import { Endpoint } from "../connection/endpoint.ts";
import { cancelled, ended } from "../connection/stream-end.ts";
import { H2Error } from "../errors.ts";
import type { Sent } from "../flow/send-side.ts";
import { frameTypeName } from "../frames/check-header.ts";
import { ErrorCode, type ErrorCodeValue } from "../frames/error-codes.ts";
import type { HeaderBlock } from "../frames/header-block.ts";
import { SettingId } from "../frames/settings.ts";
import { clientPreface, FrameType, largestStreamId } from "../frames/types.ts";
import { writeGoaway, writeReset } from "../frames/write.ts";
import { checkTrailers } from "../headers/check-fields.ts";
import { checkRequest, unknownLength } from "../headers/check-request.ts";
import type { DecodedHeaders } from "../hpack/decoder.ts";
import type { HeaderList } from "../hpack/header-list.ts";
import { ClosedStreams } from "./closed-streams.ts";
import type { RequestEnd, ServerConnectionHandler } from "./handlers.ts";
import type { ServerOptions } from "./options.ts";
import { SharedMessage } from "./shared-message.ts";
import { ServerStream } from "./stream.ts";

/**
 * A server's end of an HTTP/2 connection, without its socket: {@link receive} takes bytes and calls handlers, the other methods
 * write bytes into the handler's output.
 *
 * Made for very many connections that mostly idle: no timers and no buffers. Methods may be called from within handlers.
 * @see RFC 9113
 */
export class ServerConnection extends Endpoint<ServerStream, ServerOptions, ServerConnectionHandler> {
  /** Bytes of the client's preface that are to come. */
  #prefaceLeft = clientPreface.length;
  /** The last stream that the client opened. */
  #lastStreamId = 0;
  /** Streams beyond this one are not taken up: GOAWAY told the client. */
  #lastTaken = largestStreamId;
  #closed: ClosedStreams | undefined = undefined;

  /** Streams that are open. */
  get streamCount(): number {
    return this.streams.size;
  }

  /** The last stream that the client opened; 0: none. */
  get lastStreamId(): number {
    return this.#lastStreamId;
  }

  /** Writes the SETTINGS: once, first of all. */
  start(): void {
    this.writeOurSettings([[SettingId.MAX_CONCURRENT_STREAMS, this.options.maxStreams]]);
  }

  override receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    super.receive(chunk, this.#prefaceLeft === 0 ? start : this.#readPreface(chunk, start, end), end);
  }

  /** Lets so many bytes wait for the client's windows, over all streams, instead of `maxQueuedBytes` of the options. */
  allowQueued(bytes: number): void {
    this.sending.maxQueuedBytes = bytes;
  }

  /**
   * Answers a request: once, before what is sent.
   * @param block of `encodeHeaders`; it can be shared among connections
   * @param isEndStream whether that is the whole answer
   */
  respond(stream: ServerStream, block: Uint8Array, isEndStream = false): void {
    if (stream.isClosed || stream.local !== "idle") return;
    this.sending.writeHeaders(stream, block, isEndStream);
    if (isEndStream) this.#endHere(stream);
    else this.sending.flush(stream);
  }

  /**
   * Sends bytes. Those of a {@link SharedMessage} are not copied when the windows let all of them pass, as nearly always.
   * Bytes must not change while they wait.
   */
  send(stream: ServerStream, message: SharedMessage | Uint8Array): Sent {
    if (!(message instanceof SharedMessage)) return this.sending.send(stream, message);
    if (!this.sending.reserve(stream, message.length)) return this.sending.send(stream, message.bytes);
    this.handler.writeShared(message.framedFor(stream.id), stream);
    return "sent";
  }

  /** Sends no more DATA, whatever the windows allow: who takes the bytes does not keep up. What is sent waits. */
  hold(): void {
    this.sending.isHeld = true;
  }

  /** Sends again, first what waits. */
  release(): void {
    this.sending.release();
  }

  /** Visits all streams that are open. Streams may be closed meanwhile. */
  eachStream<A>(visit: (stream: ServerStream, argument: A) => void, argument: A): void {
    this.streams.each(visit, argument);
  }

  /** Ends the answer, behind what waits. A client that is not at its own end is told by RST_STREAM that nobody listens. */
  sendTrailers(stream: ServerStream, block: Uint8Array): void {
    if (this.sending.end(stream, block)) this.#endHere(stream);
  }

  /** Ends the answer without trailers; otherwise as {@link sendTrailers}. */
  end(stream: ServerStream): void {
    if (this.sending.end(stream)) this.#endHere(stream);
  }

  /** Resets a stream; its handler is told `cancelled` at once. */
  reset(stream: ServerStream, code: ErrorCodeValue): void {
    if (stream.isClosed) return;
    this.writeReset(stream, code);
    this.close(stream, cancelled);
  }

  /** Withholds from the stream's window what comes from now on: the client stops when it is used up. */
  pause(stream: ServerStream): void {
    stream.isPaused = true;
  }

  /** Gives back what was withheld. */
  resume(stream: ServerStream): void {
    stream.isPaused = false;
    if (!stream.isClosed && stream.remote === "open") this.giveBack(stream);
  }

  /**
   * Says that the connection goes away, and goes on with the streams up to `lastStreamId`: later ones are not taken up.
   * For one that loses nothing say it twice, first with {@link largestStreamId}, and a round trip later with
   * {@link lastStreamId}, the default.
   */
  sayGoaway(code: ErrorCodeValue, text: string, lastStreamId: number = this.#lastStreamId): void {
    this.#lastTaken = lastStreamId;
    writeGoaway(this.output(), lastStreamId, code, text);
  }

  /** Says why the connection is over: nothing more is read. Then call {@link lose}. */
  goaway(code: ErrorCodeValue, text: string): void {
    this.sayGoaway(code, text);
    this.isDone = true;
  }

  protected get lastPeerStreamId(): number {
    return Math.min(this.#lastStreamId, this.#lastTaken);
  }

  protected onHeaderList(block: HeaderBlock, decoded: DecodedHeaders): void {
    const stream = this.streams.get(block.streamId);
    if (stream !== undefined) this.#onTrailers(stream, block, decoded);
    else if (block.streamId % 2 === 1 && block.streamId > this.#lastStreamId) this.#onOpen(block, decoded);
    else this.onStray(FrameType.HEADERS, block.streamId);
  }

  protected checkData(stream: ServerStream): void {
    if (stream.remote === "open") return;
    this.fault(stream, new H2Error("stream-closed", "DATA came on a stream that the client had ended"));
  }

  protected onBody(stream: ServerStream, chunk: Uint8Array, start: number, end: number) {
    if (stream.bodyLeft !== unknownLength) {
      stream.bodyLeft -= end - start;
      if (stream.bodyLeft < 0) return this.fault(stream, wrongLength("longer"));
    }
    stream.handler?.onData(stream, chunk, start, end);
  }

  protected onEmptyData(): void {
    this.handler.onMinorFault(emptyData);
  }

  protected onPeerEnd(stream: ServerStream) {
    if (stream.bodyLeft > 0) return this.fault(stream, wrongLength("shorter"));
    stream.remote = "ended";
    stream.handler?.onEnd(stream);
  }

  protected onPeerReset(stream: ServerStream, code: number): void {
    this.close(stream, { kind: "reset", code });
  }

  protected onStray(type: number, streamId: number) {
    if (streamId % 2 === 0 || streamId > this.#lastStreamId) {
      throw new H2Error(
        "protocol-error",
        `a ${frameTypeName(type)} frame came for stream ${streamId}, which nobody opened`,
      );
    }
    if (type !== FrameType.HEADERS && type !== FrameType.DATA) return; // they may cross the stream's end
    const closed = this.#closed?.find(streamId);
    if (closed === "reset-from-here" || streamId > this.#lastTaken) return;
    if (type === FrameType.DATA) return this.#refuse(streamId, dataBehindEnd);
    if (closed === "ended") throw new H2Error("stream-closed", `HEADERS came for stream ${streamId}, which is over`);
    const last = this.#lastStreamId;
    throw new H2Error("protocol-error", `HEADERS came for stream ${streamId} after those of stream ${last}`);
  }

  protected onSetting(): void {}

  protected onSettingsHeeded(): void {
    this.handler.onSettings();
  }

  protected onGoaway(_lastStreamId: number, code: number): void {
    this.handler.onGoaway(code);
  }

  protected onPing(isAck: boolean): void {
    if (!isAck) this.handler.onPing();
  }

  override writePayload(bytes: Uint8Array, stream: ServerStream): void {
    if (bytes.length < leastSharedBytes) super.writePayload(bytes, stream);
    else this.handler.writeShared(bytes, stream);
  }

  onFlushed(stream: ServerStream): void {
    if (stream.local === "ended") this.#endHere(stream);
    else stream.handler?.onSent(stream);
  }

  protected override giveBack(stream: ServerStream): void {
    if (!stream.isPaused) super.giveBack(stream);
  }

  protected override fault(stream: ServerStream, error: H2Error): void {
    super.fault(stream, error);
    this.handler.onMinorFault(error);
  }

  protected onClosed(stream: ServerStream, end: RequestEnd): void {
    const isEnded = end.kind === "reset" || (end.kind === "ended" && stream.remote === "ended");
    if (!this.isDone) this.#remember(stream.id, !isEnded);
    stream.handler?.onClosed(stream, end);
  }

  #readPreface(chunk: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#prefaceLeft > 0) {
      if (chunk[at] !== clientPreface[clientPreface.length - this.#prefaceLeft]) {
        this.fail(new H2Error("protocol-error", "the connection did not begin with HTTP/2's preface"));
        return end;
      }
      at += 1;
      this.#prefaceLeft -= 1;
    }
    return at;
  }

  #onOpen(block: HeaderBlock, decoded: DecodedHeaders) {
    const { streamId, isEndStream } = block;
    this.#lastStreamId = streamId;
    if (streamId > this.#lastTaken) return;
    if (this.streams.size >= this.options.maxStreams) return this.#refuse(streamId, tooManyStreams);
    if (block.isSelfDependent) return this.#refuse(streamId, selfDependent);
    const stream = new ServerStream(streamId, this.sending.streamWindow);
    stream.remote = isEndStream ? "ended" : "open";
    if (decoded.kind === "headers") return this.#onRequest(stream, decoded.headers);
    this.streams.add(stream);
    this.handler.onHeadersTooLarge(stream, decoded.pairs, decoded.bytes);
  }

  #onRequest(stream: ServerStream, headers: HeaderList) {
    const isEndStream = stream.remote === "ended";
    try {
      stream.bodyLeft = checkRequest(headers);
      if (isEndStream && stream.bodyLeft > 0) throw wrongLength("shorter");
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      return this.#refuse(stream.id, error);
    }
    this.streams.add(stream);
    stream.handler = this.handler.onRequest(stream, headers, isEndStream);
    if (stream.end !== undefined) stream.handler?.onClosed(stream, stream.end as RequestEnd); // it closed before it was known
  }

  #onTrailers(stream: ServerStream, block: HeaderBlock, decoded: DecodedHeaders) {
    try {
      if (stream.remote === "ended")
        throw new H2Error("stream-closed", "HEADERS came on a stream that the client had ended");
      if (block.isSelfDependent) throw selfDependent;
      if (!block.isEndStream) throw new H2Error("protocol-error", "trailers came that did not end the stream");
      if (decoded.kind === "too-large") throw new H2Error("enhance-your-calm", "a request had too many trailers");
      checkTrailers(decoded.headers);
    } catch (error) {
      if (!(error instanceof H2Error)) throw error;
      return this.fault(stream, error);
    }
    this.onPeerEnd(stream);
  }

  /** Resets a stream that nobody knows. */
  #refuse(streamId: number, error: H2Error): void {
    writeReset(this.output(), streamId, error.wireCode);
    this.#remember(streamId, true);
    this.handler.onMinorFault(error);
  }

  /** Our half has ended: so the stream is over. */
  #endHere(stream: ServerStream): void {
    if (stream.remote !== "ended") this.writeReset(stream, ErrorCode.NO_ERROR);
    this.close(stream, ended);
  }

  #remember(streamId: number, isResetFromHere: boolean): void {
    this.#closed ??= new ClosedStreams();
    this.#closed.add(streamId, isResetFromHere);
  }
}

/** Copying fewer bytes costs less than a write that gathers. */
const leastSharedBytes = 1_024;

function wrongLength(how: "longer" | "shorter"): H2Error {
  return new H2Error("protocol-error", `a request was ${how} than its content-length`);
}

// Made once: they come in floods, if they come.
const emptyData = new H2Error("protocol-error", "a DATA frame was empty, and ended nothing");
const dataBehindEnd = new H2Error("stream-closed", "DATA came for a stream that is over");
const tooManyStreams = new H2Error("stream-limit", "the client opened more streams than it may");
const selfDependent = new H2Error("protocol-error", "a stream was to depend on itself");
