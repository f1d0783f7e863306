import type { SharedMessage } from "@fairlead/h2";
import { status } from "../../grpc/status.ts";
import { type Guard, guarded } from "../guarded.ts";
import { nextStreamId } from "../stream-id.ts";
import type { Connection, GrpcStatus, ServerStream, StreamHandler } from "../transport.ts";
import type { Receiver } from "./fan-out.ts";
import type { CallHead } from "./records.ts";

/** A worker tells what the kernel took once it is this much of a stream, bytes; so far {@link FarStream.queuedBytes} may be behind. */
export const REPORTED_BYTES = 64 * 1024;
/** What a stream is taken to have queued while its worker does not keep up, bytes: nobody sends it more then. */
const BEHIND_BYTES = 64 * 1024 * 1024;

/** What a stream asks of its worker. */
export interface FarEnd {
  /** Whether the worker does not keep up. */
  readonly isBacklogged: boolean;
  send(stream: FarStream, message: SharedMessage | Uint8Array): void;
  pause(handle: number): void;
  resume(handle: number): void;
  end(handle: number, answer: GrpcStatus): void;
  onFault(error: unknown): void;
}

/** A gRPC call whose connection is held by another thread. */
export class FarStream implements ServerStream, Receiver, Guard {
  readonly id = nextStreamId();
  readonly handle: number;
  readonly connection: Connection;
  readonly path: string;
  readonly userAgent: string;
  readonly deadlineMs: number | undefined;
  lastGroup = 0;
  readonly #far: FarEnd;
  #handler: StreamHandler | undefined;
  #queuedBytes = 0;
  #isOpen = true;
  /** Set while it is paused: what was under way then. */
  #held: (Uint8Array | "end")[] | undefined;

  constructor(far: FarEnd, handle: number, connection: Connection, { path, userAgent, deadlineMs }: CallHead) {
    this.#far = far;
    this.handle = handle;
    this.connection = connection;
    this.path = path;
    this.userAgent = userAgent;
    this.deadlineMs = deadlineMs;
  }

  get queuedBytes(): number {
    return this.#far.isBacklogged ? this.#queuedBytes + BEHIND_BYTES : this.#queuedBytes;
  }

  /** Has the layer above take it up; then its messages may come, which may need what its connection was allowed by that. */
  open(onStream: (stream: ServerStream) => StreamHandler | GrpcStatus): void {
    const answer = guarded(this, () => onStream(this));
    if (answer === undefined) return;
    if ("code" in answer) {
      this.end(answer);
      return;
    }
    this.#handler = answer;
    if (!this.#held) this.#far.resume(this.handle);
  }

  send(message: SharedMessage | Uint8Array): void {
    if (!this.#isOpen) return;
    this.#queuedBytes += message.length;
    this.#far.send(this, message);
  }

  pause(): void {
    if (this.#held) return;
    this.#held = [];
    this.#far.pause(this.handle);
  }

  resume(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    while (held.length > 0 && !this.#held) this.#deliver(held.shift()!);
    if (this.#held)
      this.#held = held; // paused again by one of them
    else this.#far.resume(this.handle);
  }

  end(answer: GrpcStatus): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#far.end(this.handle, answer);
  }

  /** A message came, or the client half-closed. */
  take(what: Uint8Array | "end"): void {
    if (this.#held) this.#held.push(what);
    else this.#deliver(what);
  }

  /** The kernel took so many bytes more. */
  onTaken(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes < REPORTED_BYTES) this.onDrain(); // of less nobody tells
  }

  /** There is room again. */
  onDrain(): void {
    if (this.#isOpen) guarded(this, () => this.#handler?.onDrain());
  }

  /** It is gone. */
  onClose(reason: string, queuedBytes: number): void {
    this.#isOpen = false;
    this.#queuedBytes = queuedBytes;
    const handler = this.#handler;
    this.#handler = undefined;
    guarded(this, () => handler?.onClose(reason));
  }

  #deliver(what: Uint8Array | "end"): void {
    if (!this.#isOpen) return;
    guarded(this, () => (what === "end" ? this.#handler?.onEnd() : this.#handler?.onMessage(what)));
  }

  onFault(error: unknown): void {
    this.#far.onFault(error);
    this.end(status("INTERNAL", "the server failed on this request"));
  }
}
