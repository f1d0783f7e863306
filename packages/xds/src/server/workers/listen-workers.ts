import { xdsChannel } from "../../channels.ts";
import { checkHttp2Limits, type Http2Limits } from "../http2/limits.ts";
import { type Http2ListenOptions, type Http2Transport, warn } from "../http2/listen.ts";
import type { EdgeCounts, Transport, TransportHandler } from "../transport.ts";
import { EdgeThread } from "./edge-thread.ts";
import { lockPort, type PortLock } from "./port-lock.ts";
import { restartDelayMs } from "./restart-delay.ts";

/** How often frames are looked at that nobody was sent for a while, ms. */
const SWEEP_MS = 1_000;

/** One of a server's workers. */
export interface WorkerStatus extends EdgeCounts {
  /** From 1. */
  readonly worker: number;
  readonly isListening: boolean;
  /** Open streams. */
  readonly streams: number;
  /** How often its thread was replaced. */
  readonly restarts: number;
  /** Why its last thread ended; `undefined`: it is the first. */
  readonly lastEnd: string | undefined;
}

/** A {@link Transport} whose connections are held by worker threads. */
export interface WorkerTransport extends Http2Transport {
  readonly workers: readonly WorkerStatus[];
}

/** Whether a transport has workers. */
export function isWorkerTransport(transport: Transport): transport is WorkerTransport {
  return "workers" in transport;
}

const started = xdsChannel("fairlead:xds:worker-started");
const ended = xdsChannel("fairlead:xds:worker-ended");

let lastSerial = 0;

/**
 * Listens with several worker threads on one port; the kernel spreads connections over them. Each runs a whole HTTP/2
 * edge (TLS, HTTP/2, HPACK, gRPC's framing, gzip, HTTP/1), and passes whole messages to the handler, which stays in this
 * thread: so streams of one client are one client, whichever workers they come through.
 *
 * A worker that ends unasked is replaced; its streams end, and those of the others go on.
 * Limits of the process as a whole (`maxInFlightBytes`, `maxPartialBytes`, `maxWaitingStreams`) are divided among the workers;
 * but each may hold `maxAllowedMessageBytes` of unfinished messages.
 *
 * @throws XdsError `invalid-limit`, `tls-invalid`, `listen-failed`: also if anybody else listens there
 */
export async function listenWorkers(
  options: Http2ListenOptions,
  count: number,
  handler: TransportHandler,
): Promise<WorkerTransport> {
  const limits = shareOf(checkHttp2Limits(options.limits), count);
  const { host = "127.0.0.1", port } = options;
  const lock = await lockPort(host, port);
  const workers = new Workers({ ...options, limits }, limits.closeMs, handler, lock);
  try {
    await workers.start(count);
  } catch (error) {
    await workers.close();
    throw error;
  }
  return workers;
}

/** What of the limits of the process each worker gets. */
function shareOf(limits: Http2Limits, count: number): Http2Limits {
  const { maxPartialBytes, maxAllowedMessageBytes } = limits;
  const partialBytes = Math.max(1_024, Math.ceil(maxPartialBytes / count));
  return {
    ...limits,
    maxInFlightBytes: Math.max(1_024, Math.ceil(limits.maxInFlightBytes / count)),
    // Whatever its share, each has room for the largest message that may come: it would be refused again and again.
    maxPartialBytes: Math.max(partialBytes, Math.min(maxPartialBytes, maxAllowedMessageBytes)),
    maxWaitingStreams: Math.ceil(limits.maxWaitingStreams / count),
  };
}

/** A place among the workers, which one thread after another may have. */
interface Place {
  readonly worker: number;
  thread: EdgeThread;
  isListening: boolean;
  startedAtMs: number;
  restarts: number;
  /** Ends in a row, each soon after its start. */
  earlyEnds: number;
  lastEnd: string | undefined;
  timer: NodeJS.Timeout | undefined;
}

class Workers implements WorkerTransport {
  readonly #listen: Omit<Http2ListenOptions, "onFault">;
  readonly #closeMs: number;
  readonly #handler: TransportHandler;
  readonly #onFault: (error: unknown) => void;
  readonly #lock: PortLock;
  readonly #places: Place[] = [];
  readonly #sweeper: NodeJS.Timeout;
  #address: { readonly host: string; readonly port: number } = { host: "", port: 0 };
  #isEnding = false;

  constructor({ onFault, ...listen }: Http2ListenOptions, closeMs: number, handler: TransportHandler, lock: PortLock) {
    this.#listen = listen;
    this.#closeMs = closeMs;
    this.#handler = handler;
    this.#onFault = onFault ?? warn;
    this.#lock = lock;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  get connections(): number {
    return this.#sum("connections");
  }

  get queuedBytes(): number {
    return this.#sum("queuedBytes");
  }

  get partialBytes(): number {
    return this.#sum("partialBytes");
  }

  get waitingStreams(): number {
    return this.#sum("waitingStreams");
  }

  get workers(): readonly WorkerStatus[] {
    return this.#places.map(({ worker, thread, isListening, restarts, lastEnd }) => ({
      worker,
      isListening,
      streams: thread.streams,
      restarts,
      lastEnd,
      ...thread.counts,
    }));
  }

  /** The first binds the port, which the kernel may choose; then the others do, all at once. */
  async start(count: number): Promise<void> {
    const first = this.#place(1, this.#listen.port);
    this.#address = await first.thread.listening;
    first.isListening = true;
    const others = Array.from({ length: count - 1 }, (_, index) => this.#place(index + 2, this.#address.port));
    await Promise.all(
      others.map(async (place) => {
        await place.thread.listening;
        place.isListening = true;
      }),
    );
    for (const place of this.#places) void this.#watch(place);
  }

  async drain(): Promise<void> {
    this.#end();
    await Promise.all(this.#places.map(({ thread }) => thread.drain()));
  }

  async close(): Promise<void> {
    this.#end();
    clearInterval(this.#sweeper);
    await Promise.all(this.#places.map(({ thread }) => thread.close()));
    await this.#lock.release();
  }

  #end(): void {
    this.#isEnding = true;
    for (const { timer } of this.#places) clearTimeout(timer);
  }

  #place(worker: number, port: number): Place {
    const place: Place = {
      worker,
      thread: this.#spawn(worker, port),
      isListening: false,
      startedAtMs: performance.now(),
      restarts: 0,
      earlyEnds: 0,
      lastEnd: undefined,
      timer: undefined,
    };
    this.#places.push(place);
    return place;
  }

  #spawn(worker: number, port: number): EdgeThread {
    lastSerial += 1;
    const listen = { ...this.#listen, port };
    return new EdgeThread(worker, lastSerial, listen, this.#closeMs, this.#handler, this.#onFault);
  }

  /** Replaces a thread that ends unasked. */
  async #watch(place: Place): Promise<void> {
    const { thread, worker } = place;
    const { reason, stack, streams } = await thread.ended;
    place.isListening = false;
    place.lastEnd = reason;
    if (this.#isEnding) return;
    const ranMs = performance.now() - place.startedAtMs;
    const { delayMs, earlyEnds } = restartDelayMs(place.earlyEnds, ranMs);
    place.earlyEnds = earlyEnds;
    ended.publish({ worker, reason, stack, streams, restartInMs: delayMs });
    place.timer = setTimeout(() => void this.#replace(place), delayMs);
  }

  async #replace(place: Place): Promise<void> {
    place.thread = this.#spawn(place.worker, this.#address.port);
    place.startedAtMs = performance.now();
    place.restarts += 1;
    void this.#watch(place);
    const isListening = await place.thread.listening.then(
      () => true,
      () => false, // it ends then, and is replaced in its turn
    );
    place.isListening = isListening;
    if (isListening) started.publish({ worker: place.worker, restarts: place.restarts });
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const { thread } of this.#places) thread.sweep(nowMs);
  }

  #sum(what: keyof EdgeCounts): number {
    return this.#places.reduce((sum, { thread }) => sum + thread.counts[what], 0);
  }
}
