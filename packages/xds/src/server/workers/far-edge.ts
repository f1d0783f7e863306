import { setImmediate } from "node:timers/promises";
import type { SharedMessage } from "@fairlead/h2";
import { type ChannelMessages, xdsChannel } from "../../channels.ts";
import { type Guard, guarded } from "../guarded.ts";
import { problem } from "../http/problem.ts";
import type { GrpcStatus, HttpAnswer, HttpHead, TransportHandler } from "../transport.ts";
import { FanOut } from "./fan-out.ts";
import { FarConnection } from "./far-connection.ts";
import { type FarEnd, FarStream } from "./far-stream.ts";
import { type Attachment, attachmentOf, Link, type LinkEnd, type LinkHandler } from "./link.ts";
import {
  type AnswerHead,
  type CallHead,
  type ConnectionHead,
  decodeJson,
  decodeText,
  encodeJson,
  errorOf,
  type FaultText,
  type RequestHead,
  toEngine,
  toWorker,
} from "./records.ts";

/** Ids of connections of one worker: those of the next begin behind. */
const IDS_PER_WORKER = 2 ** 32;
/** Streams of a worker that is gone which are closed in one turn of the event loop. */
const CLOSED_PER_TURN = 500;
/** Paths and user agents of which one string is kept: there are few, and a client may make up any number. */
const MOST_INTERNED = 256;

/** What an edge in another thread tells of itself. */
export interface FarEdgeEvents {
  onListening(address: { readonly host: string; readonly port: number }): void;
  onFailed(error: FaultText): void;
  onDrained(): void;
  onClosed(): void;
  onFault(error: unknown): void;
}

/** The edge of one worker, as the engine's thread sees it: its streams and requests, and what is said to them. */
export class FarEdge implements FarEnd, LinkHandler, Guard {
  readonly #serial: number;
  readonly #handler: TransportHandler;
  readonly #events: FarEdgeEvents;
  readonly #link: Link;
  readonly #fanOut: FanOut;
  readonly #streams = new Map<number, FarStream>();
  readonly #answers = new Map<number, { readonly connection: FarConnection; answer: HttpAnswer | undefined }>();
  readonly #connections = new Map<number, FarConnection>();
  /** Those that were sent something while the worker did not keep up. */
  readonly #heldUp = new Set<FarStream>();
  #isLost = false;

  /** @param serial of the worker: no other of this process has it */
  constructor(serial: number, end: LinkEnd, handler: TransportHandler, events: FarEdgeEvents) {
    this.#serial = serial;
    this.#handler = handler;
    this.#events = events;
    this.#link = new Link(end, this);
    this.#fanOut = new FanOut(this.#link);
  }

  /** Open streams. */
  get streams(): number {
    return this.#streams.size;
  }

  get isBacklogged(): boolean {
    return this.#link.isBacklogged;
  }

  send(stream: FarStream, message: SharedMessage | Uint8Array): void {
    this.#fanOut.add(stream, message);
    if (this.isBacklogged) this.#heldUp.add(stream);
  }

  pause(handle: number): void {
    this.#put(toWorker.pause, handle, 0);
  }

  resume(handle: number): void {
    this.#put(toWorker.resume, handle, 0);
  }

  end(handle: number, answer: GrpcStatus): void {
    this.#put(toWorker.end, handle, 0, encodeJson(answer));
  }

  /** Sends GOAWAY on every connection; see {@link FarEdgeEvents.onDrained}. */
  drain(): void {
    this.#put(toWorker.drain, 0, 0);
  }

  /** Ends every connection; see {@link FarEdgeEvents.onClosed}. */
  close(): void {
    this.#put(toWorker.close, 0, 0);
  }

  /** Has the worker forget frames that nobody was sent for a while. */
  sweep(nowMs: number): void {
    this.#fanOut.sweep(nowMs);
  }

  /** The worker is gone, and every stream and request of it. Returns when the layer above knows. */
  async lose(reason: string): Promise<void> {
    this.#isLost = true;
    this.#link.close();
    this.#heldUp.clear();
    for (const { answer } of this.#answers.values()) guarded(this, () => answer?.onDone?.(false));
    this.#answers.clear();
    let closed = 0;
    for (const [handle, stream] of this.#streams) {
      this.#streams.delete(handle);
      stream.onClose(reason, stream.queuedBytes);
      closed += 1;
      if (closed % CLOSED_PER_TURN === 0) await setImmediate();
    }
    this.#connections.clear();
  }

  onFault(error: unknown): void {
    this.#events.onFault(error);
  }

  beforeFlush(): void {
    this.#fanOut.flush();
  }

  onRoom(): void {
    const heldUp = [...this.#heldUp];
    this.#heldUp.clear();
    for (const stream of heldUp) stream.onDrain();
  }

  onRecord(kind: number, a: number, b: number, bytes: Uint8Array): void {
    if (kind === toEngine.message) this.#streams.get(a)?.take(bytes);
    else if (kind === toEngine.taken) this.#streams.get(a)?.onTaken(b);
    else if (kind === toEngine.open) this.#open(a, decodeJson(bytes));
    else if (kind === toEngine.closed) this.#close(a, b, decodeText(bytes));
    else if (kind === toEngine.halfClosed) this.#streams.get(a)?.take("end");
    else if (kind === toEngine.messageAttached) this.#takeAttached(a);
    else if (kind === toEngine.request) this.#request(a, bytes.subarray(0, b), bytes.subarray(b));
    else if (kind === toEngine.requestAttached) this.#request(a, bytes, this.#attachedBytes());
    else if (kind === toEngine.answered) this.#answered(a, b === 1);
    else this.#onEvent(kind, bytes);
  }

  #onEvent(kind: number, bytes: Uint8Array): void {
    const { onListening, onFailed, onDrained, onClosed, onFault } = this.#events;
    if (kind === toEngine.listening) onListening(decodeJson(bytes));
    else if (kind === toEngine.failed) onFailed(decodeJson(bytes));
    else if (kind === toEngine.drained) onDrained();
    else if (kind === toEngine.closedAll) onClosed();
    else if (kind === toEngine.fault) onFault(errorOf(decodeJson(bytes)));
    else if (kind === toEngine.event) republish(decodeJson(bytes));
  }

  #open(handle: number, head: CallHead): void {
    const connection = this.#enter(head.connection);
    const call = { ...head, path: intern(head.path), userAgent: intern(head.userAgent) };
    const stream = new FarStream(this, handle, connection, call);
    this.#streams.set(handle, stream);
    stream.open((opened) => this.#handler.onStream(opened));
  }

  #close(handle: number, queuedBytes: number, reason: string): void {
    const stream = this.#streams.get(handle);
    if (!stream) return;
    this.#streams.delete(handle);
    this.#heldUp.delete(stream);
    stream.onClose(reason, queuedBytes);
    this.#leave(stream.connection as FarConnection);
  }

  #takeAttached(handle: number): void {
    const bytes = this.#attachedBytes();
    this.#streams.get(handle)?.take(bytes);
  }

  #attachedBytes(): Uint8Array {
    return new Uint8Array(this.#link.takeAttachment() as ArrayBuffer);
  }

  #request(handle: number, headBytes: Uint8Array, body: Uint8Array): void {
    const { connection: connectionHead, ...rest } = decodeJson<RequestHead>(headBytes);
    const connection = this.#enter(connectionHead);
    const head: HttpHead = { ...rest, connection };
    const open: { readonly connection: FarConnection; answer: HttpAnswer | undefined } = {
      connection,
      answer: undefined,
    };
    this.#answers.set(handle, open);
    const answer = guarded(this, () => {
      const judged = this.#handler.onRequest?.(head) ?? problem(404, `no such path: ${head.path}`);
      return typeof judged === "function" ? judged(body) : judged;
    });
    void this.#answer(handle, open, answer);
  }

  async #answer(
    handle: number,
    open: { answer: HttpAnswer | undefined },
    promised: HttpAnswer | Promise<HttpAnswer> | undefined,
  ): Promise<void> {
    const answer = (await this.#answerOf(promised)) ?? problem(500, "the server failed on this request");
    if (this.#answers.get(handle) !== open) {
      answer.onDone?.(false);
      return;
    }
    open.answer = answer;
    const { status, contentType, retryAfterS, body } = answer;
    const head: AnswerHead = {
      status,
      ...(contentType !== undefined && { contentType }),
      ...(retryAfterS !== undefined && { retryAfterS }),
      hasBody: body !== undefined,
    };
    const headBytes = encodeJson(head);
    if (headBytes.length + (body?.length ?? 0) <= this.#link.mostBytes)
      this.#put(toWorker.answer, handle, headBytes.length, headBytes, body);
    else this.#put(toWorker.answerAttached, handle, headBytes.length, headBytes, undefined, attachmentOf(body!));
  }

  async #answerOf(promised: HttpAnswer | Promise<HttpAnswer> | undefined): Promise<HttpAnswer | undefined> {
    try {
      return await promised;
    } catch (error) {
      this.#events.onFault(error);
      return undefined;
    }
  }

  #answered(handle: number, isWhole: boolean): void {
    const open = this.#answers.get(handle);
    if (!open) return;
    this.#answers.delete(handle);
    guarded(this, () => open.answer?.onDone?.(isWhole));
    this.#leave(open.connection);
  }

  #enter(head: ConnectionHead): FarConnection {
    let connection = this.#connections.get(head.id);
    if (!connection) {
      const tell = (allowed: object) => this.#put(toWorker.allow, head.id, 0, encodeJson(allowed));
      connection = new FarConnection(this.#serial * IDS_PER_WORKER + head.id, head, tell);
      this.#connections.set(head.id, connection);
    }
    connection.calls += 1;
    return connection;
  }

  #leave(connection: FarConnection): void {
    connection.calls -= 1;
    if (connection.calls === 0) this.#connections.delete(connection.id - this.#serial * IDS_PER_WORKER);
  }

  /** Behind what streams were sent before. */
  #put(kind: number, a: number, b: number, first?: Uint8Array, second?: Uint8Array, attachment?: Attachment): void {
    if (this.#isLost) return;
    this.#fanOut.flush();
    this.#link.put(kind, a, b, first, second, attachment);
  }
}

/** What a worker published is published here. */
function republish([name, message]: [keyof ChannelMessages, ChannelMessages[keyof ChannelMessages]]): void {
  xdsChannel(name).publish(message);
}

const interned = new Map<string, string>();

function intern(text: string): string {
  const known = interned.get(text);
  if (known !== undefined || interned.size >= MOST_INTERNED) return known ?? text;
  interned.set(text, text);
  return text;
}
