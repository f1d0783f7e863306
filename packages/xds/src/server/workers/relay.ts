import { SharedMessage } from "@fairlead/h2";
import { xdsChannel } from "../../channels.ts";
import { readRestHead } from "../rest/rest-head.ts";
import type {
  Connection,
  HttpAnswer,
  HttpBodyHandler,
  HttpHead,
  ServerStream,
  StreamHandler,
  TransportHandler,
} from "../transport.ts";
import { REPORTED_BYTES } from "./far-stream.ts";
import { attachmentOf, Link, type LinkEnd, type LinkHandler } from "./link.ts";
import {
  type AnswerHead,
  type CallHead,
  type ConnectionHead,
  decodeJson,
  encodeJson,
  faultText,
  type RequestHead,
  toEngine,
  toWorker,
} from "./records.ts";

/** What is asked of the edge, beyond what concerns its streams. */
export interface RelayOrders {
  drain(): void;
  close(): void;
  /** Something was told to the other thread: what is counted for it is to be up to date. */
  beforeFlush(): void;
}

/** The layer above an edge, in the edge's own thread: it passes on to the engine's thread what the edge reads, and back. */
export class Relay implements TransportHandler, LinkHandler {
  readonly #orders: RelayOrders;
  readonly #link: Link;
  readonly #streams = new Map<number, RelayedStream>();
  readonly #answers = new Map<number, RelayedAnswer>();
  readonly #connections = new Map<number, { readonly connection: Connection; calls: number }>();
  readonly #slots: (SharedMessage | undefined)[] = [];
  /** Paused until the engine's thread keeps up again. */
  readonly #heldBack = new Set<RelayedStream>();
  #lastHandle = 0;

  constructor(end: LinkEnd, orders: RelayOrders) {
    this.#orders = orders;
    this.#link = new Link(end, this);
    // A flood of them must not pile up here.
    xdsChannel("fairlead:xds:handshake-failed").subscribe((message) => {
      if (!this.isBehind) this.tell(toEngine.event, ["fairlead:xds:handshake-failed", message]);
    });
  }

  get isBehind(): boolean {
    return this.#link.isBehind;
  }

  /** Tells the engine's thread what concerns no stream. */
  tell(kind: number, value?: unknown): void {
    this.#link.put(kind, 0, 0, value === undefined ? undefined : encodeJson(value));
  }

  onFault(error: unknown): void {
    this.tell(toEngine.fault, faultText(error));
  }

  onStream(stream: ServerStream): StreamHandler {
    const handle = this.#nextHandle();
    const relayed = new RelayedStream(this, handle, stream);
    this.#streams.set(handle, relayed);
    const { path, userAgent, deadlineMs } = stream;
    const connection = this.#enter(stream.connection);
    const head: CallHead = { connection, path, userAgent, ...(deadlineMs !== undefined && { deadlineMs }) };
    this.#link.put(toEngine.open, handle, 0, encodeJson(head));
    relayed.hold(Holder.engine); // until it is taken up
    return relayed;
  }

  onRequest(head: HttpHead): HttpAnswer | HttpBodyHandler | undefined {
    const judged = readRestHead(head);
    if (typeof judged !== "string") return judged;
    return (body) => this.#ask(head, body);
  }

  onMessage(stream: RelayedStream, message: Uint8Array): void {
    const { handle } = stream;
    if (message.length <= this.#link.mostBytes) this.#link.put(toEngine.message, handle, 0, message);
    else this.#link.put(toEngine.messageAttached, handle, 0, undefined, undefined, attachmentOf(message));
    if (!this.#link.isBacklogged) return;
    this.#heldBack.add(stream);
    stream.hold(Holder.link);
  }

  put(kind: number, handle: number, b: number, bytes?: Uint8Array): void {
    this.#link.put(kind, handle, b, bytes);
  }

  onClose(relayed: RelayedStream, reason: string): void {
    const { handle, stream } = relayed;
    this.#streams.delete(handle);
    this.#heldBack.delete(relayed);
    this.#link.put(toEngine.closed, handle, stream.queuedBytes, Buffer.from(reason));
    this.#leave(stream.connection);
  }

  beforeFlush(): void {
    this.#orders.beforeFlush();
  }

  onRoom(): void {
    const heldBack = [...this.#heldBack];
    this.#heldBack.clear();
    for (const stream of heldBack) stream.letGo(Holder.link);
  }

  onRecord(kind: number, a: number, b: number, bytes: Uint8Array): void {
    if (kind === toWorker.sendSlot) this.#sendSlot(a, bytes);
    else if (kind === toWorker.sendInline) this.#sendInline(bytes, 4 * a);
    else if (kind === toWorker.setSlot) this.#slots[a] = this.#takeMessage();
    else if (kind === toWorker.clearSlot) this.#slots[a] = undefined;
    else if (kind === toWorker.end) this.#streams.get(a)?.stream.end(decodeJson(bytes));
    else if (kind === toWorker.pause) this.#streams.get(a)?.hold(Holder.engine);
    else if (kind === toWorker.resume) this.#streams.get(a)?.letGo(Holder.engine);
    else if (kind === toWorker.allow) this.#connections.get(a)?.connection.allow(decodeJson(bytes));
    else if (kind === toWorker.answer) this.#answer(a, bytes.subarray(0, b), bytes.subarray(b));
    else if (kind === toWorker.answerAttached)
      this.#answer(a, bytes, new Uint8Array(this.#link.takeAttachment() as ArrayBuffer));
    else if (kind === toWorker.drain) this.#orders.drain();
    else if (kind === toWorker.close) this.#orders.close();
  }

  #sendSlot(slot: number, handles: Uint8Array): void {
    const message = this.#slots[slot]!;
    for (const handle of handlesIn(handles)) this.#streams.get(handle)?.send(message);
  }

  #sendInline(bytes: Uint8Array, at: number): void {
    const handles = handlesIn(bytes.subarray(0, at));
    const message = handles.length === 1 ? bytes.subarray(at) : new SharedMessage(bytes.subarray(at));
    for (const handle of handles) this.#streams.get(handle)?.send(message);
  }

  /** Its bytes stay where they are, in memory that all threads share. */
  #takeMessage(): SharedMessage {
    return new SharedMessage(new Uint8Array(this.#link.takeAttachment()));
  }

  #ask(head: HttpHead, body: Uint8Array): Promise<HttpAnswer> {
    const handle = this.#nextHandle();
    const { method, path, contentType, contentLength, userAgent } = head;
    const connection = this.#enter(head.connection);
    const about: RequestHead = { connection, method, path, contentType, contentLength, userAgent };
    const bytes = encodeJson(about);
    if (bytes.length + body.length <= this.#link.mostBytes)
      this.#link.put(toEngine.request, handle, bytes.length, bytes, body);
    else this.#link.put(toEngine.requestAttached, handle, bytes.length, bytes, undefined, attachmentOf(body));
    const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
    this.#answers.set(handle, { connection: head.connection, resolve });
    return promise;
  }

  #answer(handle: number, headBytes: Uint8Array, body: Uint8Array): void {
    const asked = this.#answers.get(handle);
    if (!asked) return;
    this.#answers.delete(handle);
    const { hasBody, ...head } = decodeJson<AnswerHead>(headBytes);
    const onDone = (isWhole: boolean) => {
      this.#link.put(toEngine.answered, handle, isWhole ? 1 : 0);
      this.#leave(asked.connection);
    };
    asked.resolve({ ...head, ...(hasBody && { body }), onDone });
  }

  #enter(connection: Connection): ConnectionHead {
    const { id, peer, sans } = connection;
    const known = this.#connections.get(id);
    if (known) {
      known.calls += 1;
      return { id };
    }
    this.#connections.set(id, { connection, calls: 1 });
    return { id, peer, ...(sans.length > 0 && { sans }) };
  }

  #leave({ id }: Connection): void {
    const known = this.#connections.get(id)!;
    known.calls -= 1;
    if (known.calls === 0) this.#connections.delete(id);
  }

  #nextHandle(): number {
    do this.#lastHandle = (this.#lastHandle + 1) >>> 0;
    while (this.#streams.has(this.#lastHandle) || this.#answers.has(this.#lastHandle));
    return this.#lastHandle;
  }
}

interface RelayedAnswer {
  readonly connection: Connection;
  resolve(answer: HttpAnswer): void;
}

/** Who may hold a stream's messages: the layer above, and a link that is full. */
const Holder = { engine: 1, link: 2 } as const;
type Holder = (typeof Holder)[keyof typeof Holder];

/** A stream of the edge. Both the layer above and a link that is full may hold its messages. */
class RelayedStream implements StreamHandler {
  readonly handle: number;
  readonly stream: ServerStream;
  readonly #relay: Relay;
  #unreportedBytes = 0;
  #holders = 0;

  constructor(relay: Relay, handle: number, stream: ServerStream) {
    this.#relay = relay;
    this.handle = handle;
    this.stream = stream;
  }

  send(message: SharedMessage | Uint8Array): void {
    this.#unreportedBytes += message.length;
    this.stream.send(message);
    if (this.stream.queuedBytes === 0) this.onDrain();
  }

  onMessage(message: Uint8Array): void {
    this.#relay.onMessage(this, message);
  }

  onEnd(): void {
    this.#relay.put(toEngine.halfClosed, this.handle, 0);
  }

  onDrain(): void {
    if (this.#unreportedBytes < REPORTED_BYTES) return;
    this.#relay.put(toEngine.taken, this.handle, this.#unreportedBytes);
    this.#unreportedBytes = 0;
  }

  onClose(reason: string): void {
    this.#relay.onClose(this, reason);
  }

  /** Has its messages wait until each of those who hold them lets go. */
  hold(holder: Holder): void {
    this.#holders |= holder;
    this.stream.pause();
  }

  letGo(holder: Holder): void {
    this.#holders &= ~holder;
    if (this.#holders === 0) this.stream.resume();
  }
}

function handlesIn(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
