import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connectHttp2 } from "../../src/client/transport/connect.ts";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import { listenHttp2 } from "../../src/server/http2/listen.ts";
import type { Transport, TransportHandler } from "../../src/server/transport.ts";
import { createRandom } from "../support/random.ts";
import { waitFor } from "../support/wait-for.ts";
import { grpcLayer } from "./grpc-layer.ts";
import { http2Layer } from "./http2-layer.ts";
import type { FuzzLayer, LayerName } from "./layer.ts";
import { protobufLayer } from "./protobuf-layer.ts";
import { within } from "./within.ts";

/** Every layer by name. */
export const layers: { readonly [N in LayerName]: FuzzLayer } = {
  http2: http2Layer,
  grpc: grpcLayer,
  protobuf: protobufLayer,
};

/** What to fuzz. */
export interface FuzzOptions {
  readonly layer: LayerName;
  readonly cases: number;
  /** The same seed gives the same cases. */
  readonly seed: number;
  /** The layer above the edge. Default: an echo. */
  readonly handler?: TransportHandler;
}

/** What came of it. */
export interface FuzzReport {
  readonly cases: number;
  readonly connections: number;
  readonly seconds: number;
  /** How often each outcome was seen: what the cases reached. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Messages that the healthy stream exchanged meanwhile. */
  readonly healthyMessages: number;
  /** Growth of the heap and of external memory, after a collection. */
  readonly grownBytes: number;
}

const connectionsAtOnce = 8;

/**
 * Plays cases against a server in this process while one healthy stream on another connection exchanges messages.
 * @throws where the healthy stream suffers, a connection is not cleaned up, or a layer sees what must not be; the
 * message names the batch, whose number as `seed` with as few cases repeats it
 */
export async function fuzz({ layer, cases, seed, handler = echo }: FuzzOptions): Promise<FuzzReport> {
  const { play, casesPerBatch, limits } = layers[layer];
  const faults: unknown[] = [];
  const transport = await listenHttp2(
    { port: 0, limits: { closeMs: 100, sweepIntervalMs: 20, ...limits }, onFault: (fault) => faults.push(fault) },
    handler,
  );
  const { port } = transport.address;
  const healthy = await startHealthy(port, handler === echo ? "/echo" : undefined);
  const outcomes: Record<string, number> = {};
  const count = (outcome: string): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const memoryBefore = memoryInUse();
  const startedMs = performance.now();
  const batches = Math.ceil(cases / casesPerBatch);
  let nextBatch = 0;
  const work = async (): Promise<void> => {
    while (nextBatch < batches) {
      const batch = nextBatch++;
      const batchSeed = (seed + Math.imul(batch, 0x9e3779b1)) >>> 0;
      const batchCases = Math.min(casesPerBatch, cases - batch * casesPerBatch);
      await play(port, createRandom(batchSeed), batchCases, count).catch((error: Error) => {
        throw new Error(`${error.message} (repeat: --layer ${layer} --seed ${batchSeed} --cases ${batchCases})`, {
          cause: error,
        });
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: connectionsAtOnce }, work));
    const healthyMessages = await healthy.stop();
    await waitFor("all fuzzed connections to be forgotten", () => transport.connections === 0);
    if (faults.length > 0)
      throw new Error(`the handler threw (repeat: --layer ${layer} --seed ${seed} --cases ${cases})`, {
        cause: faults[0],
      });
    const seconds = (performance.now() - startedMs) / 1_000;
    return {
      cases,
      connections: batches,
      seconds,
      outcomes,
      healthyMessages,
      grownBytes: memoryInUse() - memoryBefore,
    };
  } finally {
    await transport.close();
  }
}

/** Sends every message back. */
const echo: TransportHandler = {
  onStream(stream) {
    if (stream.path === "/no") return status("UNIMPLEMENTED", "no such method");
    return {
      onMessage: (message) => stream.send(frameMessage(message)),
      onEnd: () => stream.end(status("OK")),
      onDrain() {},
      onClose() {},
    };
  },
};

/** A stream that sends the next message when the last was answered. */
async function startHealthy(port: number, path: string | undefined): Promise<{ stop(): Promise<number> }> {
  const connection = connectHttp2({ target: `127.0.0.1:${port}` });
  await connection.ready;
  let messages = 0;
  let isStopping = false;
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  stopped.catch(() => {});
  const next = (): void => {
    if (isStopping) resolve();
    else call.send(Buffer.from(`healthy ${messages}`));
  };
  const call = connection.call(
    { path: path ?? "/echo" },
    {
      onMessage(message) {
        const text = Buffer.from(message).toString();
        if (text !== `healthy ${messages}`)
          reject(new Error(`the healthy stream got ${text} instead of its message ${messages}`));
        messages += 1;
        setImmediate(next);
      },
      onEnd: ({ code, message }) => reject(new Error(`the healthy stream was harmed: status ${code} ${message}`)),
    },
  );
  next();
  return {
    async stop() {
      isStopping = true;
      await within(10_000, stopped, "the healthy stream was harmed: no answer");
      connection.close();
      return messages;
    },
  };
}

function memoryInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // external includes array buffers
}

/** For those who report: how a {@link Transport} is held. */
export type FuzzedTransport = Transport;
