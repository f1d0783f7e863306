import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { XdsError, type XdsErrorCode } from "../../errors.ts";
import type { Http2ListenOptions } from "../http2/listen.ts";
import type { EdgeCounts, TransportHandler } from "../transport.ts";
import { FarEdge } from "./far-edge.ts";
import { createLink, portsOf } from "./link.ts";
import { errorOf, type FaultText } from "./records.ts";
import { countsMemory, type EdgeThreadStart, readCounts } from "./thread-start.ts";

/** How long a worker may take to say that all is closed, beyond what its edge gives its connections, ms. */
const CLOSE_MARGIN_MS = 2_000;

const NOTHING: EdgeCounts = { connections: 0, queuedBytes: 0, partialBytes: 0, waitingStreams: 0 };

/** How a thread ended. */
export interface ThreadEnd {
  readonly reason: string;
  /** Where in its source, if it threw. */
  readonly stack: string | undefined;
  /** Streams that it had. */
  readonly streams: number;
}

/** A worker thread with its edge, from its start to its end. */
export class EdgeThread {
  readonly #worker: Worker;
  readonly #edge: FarEdge;
  readonly #counts = countsMemory();
  readonly #closeMs: number;
  readonly #listening = Promise.withResolvers<{ readonly host: string; readonly port: number }>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ThreadEnd>();
  #fault: string | undefined;
  #stack: string | undefined;
  #isGone = false;
  #lost: Promise<void> = Promise.resolve();

  /**
   * @param worker its place among the server's, by which the system's tools name it
   * @param serial no other worker of this process has it
   */
  constructor(
    worker: number,
    serial: number,
    listen: Omit<Http2ListenOptions, "onFault">,
    closeMs: number,
    handler: TransportHandler,
    onFault: (error: unknown) => void,
  ) {
    const [here, there] = createLink();
    this.#closeMs = closeMs;
    this.#listening.promise.catch(() => {}); // who starts it hears of it, or nobody needs to
    this.#edge = new FarEdge(serial, here, handler, {
      onListening: (address) => this.#listening.resolve(address),
      onFailed: (error) => this.#onFailed(error),
      onDrained: () => this.#drained.resolve(),
      onClosed: () => this.#closed.resolve(),
      onFault,
    });
    const workerData: EdgeThreadStart = { listen, link: there, counts: this.#counts };
    this.#worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      workerData,
      transferList: portsOf(there),
      name: `fairlead-edge-${worker}`,
    });
    this.#worker.on("error", (error) => {
      this.#fault = (error as Error).message ?? String(error);
      this.#stack = (error as Error).stack;
    });
    this.#worker.on("exit", (code) => this.#onExit(code));
  }

  /** The address that it is bound to. @throws XdsError why it could not be */
  get listening(): Promise<{ readonly host: string; readonly port: number }> {
    return this.#listening.promise;
  }

  /** Resolves when the thread is no more, and with it its connections. */
  get ended(): Promise<ThreadEnd> {
    return this.#ended.promise;
  }

  /** Open streams. */
  get streams(): number {
    return this.#edge.streams;
  }

  get counts(): EdgeCounts {
    return this.#isGone ? NOTHING : readCounts(this.#counts);
  }

  sweep(nowMs: number): void {
    this.#edge.sweep(nowMs);
  }

  /** Sends GOAWAY on every connection and accepts no more; resolves when the last stream has ended. */
  async drain(): Promise<void> {
    this.#edge.drain();
    await Promise.race([this.#drained.promise, this.ended]);
  }

  /** Ends every connection, and the thread. */
  async close(): Promise<void> {
    this.#edge.close();
    const timer = Promise.withResolvers<void>();
    const late = setTimeout(timer.resolve, this.#closeMs + CLOSE_MARGIN_MS);
    await Promise.race([this.#closed.promise, this.ended, timer.promise]);
    clearTimeout(late);
    await this.#worker.terminate();
    await this.ended;
    await this.#lost;
  }

  #onFailed(text: FaultText): void {
    const { message, code, cause } = text;
    this.#fault = message;
    const error = new XdsError(code as XdsErrorCode, message, { cause: cause && errorOf(cause) });
    this.#listening.reject(code === undefined ? errorOf(text) : error);
    void this.#worker.terminate();
  }

  #onExit(code: number): void {
    const reason = this.#fault ?? `it ended with code ${code}`;
    const { streams } = this;
    this.#isGone = true;
    this.#listening.reject(new XdsError("listen-failed", `a worker thread did not start: ${reason}`));
    this.#lost = this.#edge.lose(`the worker thread that held its connection ended: ${reason}`);
    this.#ended.resolve({ reason, stack: this.#stack, streams });
  }
}
