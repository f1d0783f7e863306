import { memoryInUse } from "../support/collect-garbage.ts";
import { createRandom } from "../support/random.ts";
import { waitFor } from "../support/wait-for.ts";
import { startEchoTarget } from "./echo-target.ts";
import { grpcLayer } from "./grpc-layer.ts";
import { http2Layer } from "./http2-layer.ts";
import type { FuzzLayer, LayerName } from "./layer.ts";
import { protobufLayer } from "./protobuf-layer.ts";
import { servicesLayer } from "./services-layer.ts";
import type { StartTarget } from "./target.ts";
import { startXdsTarget } from "./xds-target.ts";

/** Every layer by name. */
export const layers: { readonly [N in LayerName]: FuzzLayer } = {
  http2: http2Layer,
  grpc: grpcLayer,
  protobuf: protobufLayer,
  services: servicesLayer,
};

/** What to fuzz. */
export interface FuzzOptions {
  readonly layer: LayerName;
  readonly cases: number;
  /** The same seed gives the same cases. */
  readonly seed: number;
  /** What is fuzzed. Default: the xDS server for `protobuf` and `services`, an echo above the edge for the others. */
  readonly start?: StartTarget;
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
export async function fuzz({ layer, cases, seed, start = defaultTarget(layer) }: FuzzOptions): Promise<FuzzReport> {
  const { play, casesPerBatch, limits } = layers[layer];
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  const target = await start({ port: 0, limits: { closeMs: 100, sweepIntervalMs: 20, ...limits }, onFault });
  const outcomes: Record<string, number> = {};
  const count = (outcome: string): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const memoryBefore = await memoryInUse();
  const startedMs = performance.now();
  const batches = Math.ceil(cases / casesPerBatch);
  let nextBatch = 0;
  const work = async (): Promise<void> => {
    while (nextBatch < batches) {
      const batch = nextBatch++;
      const batchSeed = (seed + Math.imul(batch, 0x9e3779b1)) >>> 0;
      const batchCases = Math.min(casesPerBatch, cases - batch * casesPerBatch);
      await play(target.port, createRandom(batchSeed), batchCases, count).catch((error: Error) => {
        throw new Error(`${error.message} (repeat: --layer ${layer} --seed ${batchSeed} --cases ${batchCases})`, {
          cause: error,
        });
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: connectionsAtOnce }, work));
    await target.stopHealthy();
    await waitFor("all clients to be forgotten", () => target.isQuiet());
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
      healthyMessages: target.healthyMessages,
      grownBytes: (await memoryInUse()) - memoryBefore,
    };
  } finally {
    await target.close();
  }
}

function defaultTarget(layer: LayerName): StartTarget {
  return layer === "protobuf" || layer === "services" ? startXdsTarget : startEchoTarget;
}
