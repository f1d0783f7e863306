import { type Guard, guarded } from "../guarded.ts";
import type { Edge } from "../http2/edge.ts";
import type { HttpAnswer, HttpBodyHandler, HttpHead } from "../transport.ts";
import { problem } from "./problem.ts";

/** What an exchange needs of the connection beneath, whichever HTTP it speaks. */
export interface ExchangePort {
  readonly head: HttpHead;
  /** Most bytes of a request's body. */
  readonly bodyLimitBytes: number;
  /** Whether an answer that needs no body waits for its end all the same: so a client is told first what is wrong with its frames. */
  readonly waitsForEnd: boolean;
  /** Whether so many bytes may be queued on the connection. */
  canQueue(bytes: number): boolean;
  /** Sends the answer. `isLast`: the request was not read to its end, so that an HTTP/1 connection is of no more use. */
  write(answer: HttpAnswer, isLast: boolean): void;
  /** Changes as the kernel takes bytes of the connection: unchanged means that its peer does not read. */
  progress(): number;
  /** Ends it without an answer, or in the midst of it. */
  destroy(): void;
}

/** A body that nobody needs is read so far, bytes; whoever sends more is answered at once. */
const mostIgnoredBytes = 65_536;

/** `reading` its body, `waiting` for admission, `answered` and on its way, `closed`. */
type ExchangeState = "reading" | "waiting" | "answered" | "closed";

/** One HTTP request that is no gRPC call, and its answer: bounded in bytes and in time. */
export class HttpExchange implements Guard {
  readonly #edge: Edge;
  readonly #port: ExchangePort;
  readonly #onWhole: HttpBodyHandler | undefined;
  /** An answer that needs no body. */
  readonly #refusal: HttpAnswer | undefined;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ignoredBytes = 0;
  #state: ExchangeState = "reading";
  #answer: HttpAnswer | undefined;
  #sinceMs: number;
  #seenProgress = 0;

  constructor(edge: Edge, port: ExchangePort) {
    this.#edge = edge;
    this.#port = port;
    this.#sinceMs = edge.nowMs;
    const answer = guarded(this, () => edge.handler.onRequest?.(port.head)) ?? problem(404, noSuchPath);
    if (typeof answer !== "function") {
      this.#onWhole = undefined;
      this.#refusal = answer;
      if (!port.waitsForEnd) this.#write(answer, true);
      return;
    }
    this.#onWhole = answer;
    this.#refusal = undefined;
    if (port.head.contentLength > port.bodyLimitBytes) this.#refuseSize();
  }

  /** For admission: nobody waits for an answer that has gone. */
  get isGone(): boolean {
    return this.#state !== "waiting";
  }

  /** Whether a whole request came: that it is given up after that is no sign of a flood. */
  get hasRequest(): boolean {
    return this.#state !== "reading";
  }

  /** Answers the request. */
  admit(): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#release();
    const answer = guarded(this, () => this.#onWhole!(body));
    if (answer instanceof Promise) void this.#await(answer);
    else this.#answerWith(answer);
  }

  /** The answer has left, whole or not, or the request was given up. */
  close(isWhole: boolean): void {
    if (this.#state === "closed") return;
    this.#release();
    const answer = this.#answer;
    this.#state = "closed";
    guarded(this, () => answer?.onDone?.(isWhole));
  }

  /** Looks at the limits in time: the request's end, the reader's progress. */
  sweep(nowMs: number): void {
    const { messageMs, evictAfterMs } = this.#edge.limits;
    if (this.#state === "reading" && nowMs - this.#sinceMs > messageMs) {
      this.#write(problem(408, `the request was not whole ${messageMs} ms after it began`), true);
      return;
    }
    if (this.#state !== "answered") return;
    const progress = this.#port.progress();
    if (progress !== this.#seenProgress) {
      this.#seenProgress = progress;
      this.#sinceMs = nowMs;
    } else if (nowMs - this.#sinceMs > evictAfterMs) this.#port.destroy();
  }

  async #await(promised: Promise<HttpAnswer>): Promise<void> {
    this.#answerWith(
      await promised.catch((error: unknown) => {
        this.#edge.onFault(error);
        return undefined;
      }),
    );
  }

  #answerWith(answer: HttpAnswer | undefined): void {
    if (this.#state === "waiting") this.#write(answer ?? problem(500, "the server failed on this request"), false);
    else guarded(this, () => answer?.onDone?.(false));
  }

  /** Takes bytes of the body, to keep. */
  push(chunk: Uint8Array): void {
    if (this.#state !== "reading") return;
    if (this.#refusal !== undefined) {
      this.#ignoredBytes += chunk.length;
      if (this.#ignoredBytes > mostIgnoredBytes) this.#write(this.#refusal, true);
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#edge.partialBytes += chunk.length;
    if (this.#bytes > this.#port.bodyLimitBytes) this.#refuseSize();
    else if (this.#edge.partialBytes > this.#edge.limits.maxPartialBytes)
      this.#write(problem(503, "too many bytes of unfinished requests are held; try again later"), true);
  }

  /** The body is whole. */
  end(): void {
    if (this.#state !== "reading") return;
    if (this.#refusal !== undefined) {
      this.#write(this.#refusal, false);
      return;
    }
    this.#state = "waiting";
    if (this.#edge.admission.enter(this)) return;
    this.#write(problem(503, "too many requests wait; try again later"), false);
  }

  #refuseSize(): void {
    this.#write(problem(413, `the request's body is over ${this.#port.bodyLimitBytes} bytes`), true);
  }

  #write(answer: HttpAnswer, isLast: boolean): void {
    this.#release();
    const bytes = answer.body?.length ?? 0;
    if (!this.#port.canQueue(bytes)) {
      this.#state = "closed";
      guarded(this, () => answer.onDone?.(false));
      this.#port.destroy();
      return;
    }
    this.#state = "answered";
    this.#answer = answer;
    this.#sinceMs = this.#edge.nowMs;
    this.#seenProgress = this.#port.progress();
    this.#port.write(answer, isLast);
  }

  /** Counts the request's bytes no more. */
  #release(): void {
    this.#edge.partialBytes -= this.#bytes;
    this.#bytes = 0;
    this.#chunks.length = 0;
  }

  onFault(error: unknown): void {
    this.#edge.onFault(error);
  }
}

const noSuchPath =
  "no such path: xDS by REST is POST /v3/discovery:clusters, listeners, routes, endpoints, …; gRPC needs HTTP/2";
