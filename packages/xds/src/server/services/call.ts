import { EnvoyApiError } from "@fairlead/envoy-api";
import { status } from "../../grpc/status.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ServerStream, StreamHandler } from "../transport.ts";
import type { CallHandler, ServedMethod, Work } from "./service.ts";
import type { Task, WorkQueue } from "./work-queue.ts";

/** Bytes queued on a call above which no further request of it is taken up: answers may be far larger than what asks for them. */
const CONGESTED_BYTES = 65_536;

/** Requests of a call whose answers come later, at most: no further one is taken up meanwhile. */
const MAX_LATE = 64;

/** What a {@link ServiceCall} tells of itself. */
export interface CallEvents {
  /** The server is at fault, and the call ends with `INTERNAL`. */
  onFault(error: unknown): void;
  onClose(call: ServiceCall, reason: string): void;
}

/**
 * One call of a service beside discovery. It works on one request at a time, and lets the next come when that is done and
 * its answers are on their way: so a call holds one request, whatever its client sends, and what {@link MAX_LATE} requests left to be answered later.
 */
export class ServiceCall implements StreamHandler, Task {
  readonly stream: ServerStream;
  readonly #method: ServedMethod;
  readonly #queue: WorkQueue;
  readonly #events: CallEvents;
  readonly #handler: CallHandler;
  #request: Uint8Array | undefined;
  #steps: Exclude<Work, Promise<void> | undefined> | undefined;
  #lateCount = 0;
  #hasRequest = false;
  #hasEnded = false;
  #isDraining = false;
  #isClosed = false;

  constructor(stream: ServerStream, method: ServedMethod, queue: WorkQueue, events: CallEvents) {
    this.stream = stream;
    this.#method = method;
    this.#queue = queue;
    this.#events = events;
    this.#handler = method.open(stream);
  }

  /** Whether it was told to end. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  onMessage(message: Uint8Array): void {
    const isSecond = this.#hasRequest && this.#method.takesOne;
    this.#hasRequest = true;
    if (isSecond) {
      this.#refuseCount("more than one");
      return;
    }
    this.#request = message;
    // A call of one request is as cheap as its opening, which is paced; of the others a client may send any number.
    if (this.#method.takesOne && !this.step()) return;
    this.stream.pause();
    this.#queue.add(this);
  }

  onEnd(): void {
    if (this.#method.takesOne) {
      if (!this.#hasRequest) this.#refuseCount("none");
      return;
    }
    this.#hasEnded = true;
    this.#goOn();
  }

  onDrain(): void {
    this.#handler.onDrain?.();
    this.#goOn();
  }

  onClose(reason: string): void {
    this.#isClosed = true;
    this.#queue.remove(this);
    this.#request = undefined;
    this.#steps = undefined;
    this.#handler.onClose?.();
    this.#events.onClose(this, reason);
  }

  /** Ends the call, behind the requests that it works on. */
  drain(): void {
    this.#isDraining = true;
    this.#goOn();
  }

  step(): boolean {
    const isDone = this.#guarded(() => this.#takeStep()) ?? true;
    if (!isDone) return true;
    this.#request = undefined;
    this.#steps = undefined;
    this.#goOn();
    return false;
  }

  /** What comes when a request is done with: its call's end, or the next one. */
  #goOn(): void {
    if (this.#request !== undefined) return;
    const isIdle = this.#lateCount === 0;
    if (isIdle && this.#isDraining) this.stream.end(status("UNAVAILABLE", "the server is draining: call again"));
    else if (isIdle && this.#hasEnded) this.#guarded(() => this.#handler.onEnd());
    else if (this.#lateCount < MAX_LATE && this.stream.queuedBytes <= CONGESTED_BYTES) this.stream.resume();
  }

  /** Whether the request is done with, or only its answer is to come. */
  #takeStep(): boolean {
    if (this.#request === undefined) return true;
    const work = this.#steps ?? this.#handler.onRequest(this.#request);
    if (work === undefined || work instanceof Promise) return this.#answerLater(work);
    this.#steps = work;
    const { done = false, value } = work.next();
    return done && this.#answerLater(value ?? undefined);
  }

  #answerLater(late: Promise<void> | undefined): true {
    if (!late) return true;
    this.#lateCount += 1;
    const settle = () => {
      this.#lateCount -= 1;
      if (!this.#isClosed) this.#goOn();
    };
    late.then(settle, (error: unknown) => {
      if (!this.#isClosed) this.#fail(error);
    });
    return true;
  }

  #refuseCount(count: string): void {
    this.stream.end(status("UNIMPLEMENTED", `${this.stream.path} takes one request, and there was ${count}`));
  }

  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    if (error instanceof WireError || error instanceof EnvoyApiError) {
      this.stream.end(status("INVALID_ARGUMENT", error.message));
      return;
    }
    this.#events.onFault(error);
    this.stream.end(status("INTERNAL", "the server failed on this request"));
  }
}
