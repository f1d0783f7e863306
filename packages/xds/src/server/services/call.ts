import { EnvoyApiError } from "@fairlead/envoy-api";
import { status } from "../../grpc/status.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ServerStream, StreamHandler } from "../transport.ts";
import type { CallHandler, ServedMethod, Steps } from "./service.ts";
import type { Task, WorkQueue } from "./work-queue.ts";

/** Bytes queued on a call above which no further request of it is taken up: answers may be far larger than what asks for them. */
const CONGESTED_BYTES = 65_536;

/** What a {@link ServiceCall} tells of itself. */
export interface CallEvents {
  /** The server is at fault, and the call ends with `INTERNAL`. */
  onFault(error: unknown): void;
  onClose(call: ServiceCall, reason: string): void;
}

/**
 * One call of a service beside discovery. It works on one request at a time, and lets the next come when that is done and
 * its answers are on their way: so a call holds one request, whatever its client sends.
 */
export class ServiceCall implements StreamHandler, Task {
  readonly stream: ServerStream;
  readonly #method: ServedMethod;
  readonly #queue: WorkQueue;
  readonly #events: CallEvents;
  readonly #handler: CallHandler;
  #request: Uint8Array | undefined;
  #steps: Steps | undefined;
  #hasRequest = false;
  #isDraining = false;

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
    if (!this.#method.takesOne) this.#guarded(() => this.#handler.onEnd());
    else if (!this.#hasRequest) this.#refuseCount("none");
  }

  onDrain(): void {
    if (!this.#isWorking) this.stream.resume();
  }

  onClose(reason: string): void {
    this.#queue.remove(this);
    this.#request = undefined;
    this.#steps = undefined;
    this.#handler.onClose?.();
    this.#events.onClose(this, reason);
  }

  /** Ends the call, behind the request that it works on. */
  drain(): void {
    this.#isDraining = true;
    if (!this.#isWorking) this.stream.end(status("UNAVAILABLE", "the server is draining: call again"));
  }

  step(): boolean {
    const isDone = this.#guarded(() => this.#takeStep()) ?? true;
    if (!isDone) return true;
    this.#request = undefined;
    this.#steps = undefined;
    if (this.#isDraining) this.drain();
    else if (this.stream.queuedBytes <= CONGESTED_BYTES) this.stream.resume();
    return false;
  }

  get #isWorking(): boolean {
    return this.#request !== undefined;
  }

  /** Whether the request is done with. */
  #takeStep(): boolean {
    if (this.#request === undefined) return true;
    this.#steps ??= this.#handler.onRequest(this.#request);
    return this.#steps?.next().done ?? true;
  }

  #refuseCount(count: string): void {
    this.stream.end(status("UNIMPLEMENTED", `${this.stream.path} takes one request, and there was ${count}`));
  }

  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      const isTheirs = error instanceof WireError || error instanceof EnvoyApiError;
      if (isTheirs) this.stream.end(status("INVALID_ARGUMENT", error.message));
      else {
        this.#events.onFault(error);
        this.stream.end(status("INTERNAL", "the server failed on this request"));
      }
      return undefined;
    }
  }
}
