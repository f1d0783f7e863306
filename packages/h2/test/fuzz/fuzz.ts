import { memoryInUse } from "../../../xds/test/support/collect-garbage.ts";
import { createRandom } from "../../../xds/test/support/random.ts";
import { playChaos } from "./chaos.ts";
import { KINDS, PLACES } from "./deviations.ts";
import { playDeviation, playValid } from "./differential.ts";
import { playNodeClient } from "./node-client.ts";
import { listenOracle } from "./oracle-server.ts";
import { listenOwn } from "./own-listener.ts";

/** What came of a run. */
export interface FuzzReport {
  readonly seed: number;
  /** Frames that clients sent, by kind of conversation. */
  readonly frames: Readonly<Record<Kind, number>>;
  readonly conversations: Readonly<Record<Kind, number>>;
  readonly seconds: number;
  /** How often each outcome was seen. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Growth of heap and external memory, after a collection. */
  readonly grownBytes: number;
}

/**
 * `valid`: by the rules, and both servers answer the same. `odd`: one thing that a client may not do, in each state, and `mutated`
 * the same with bytes changed: both servers end the same for it. `chaos`: anything, without an oracle. `client`: what `node:http2`'s
 * client does with both, over sockets.
 */
export type Kind = "valid" | "odd" | "mutated" | "chaos" | "client";

/** How many frames of a hundred go to each kind. */
const shares: Readonly<Record<Kind, number>> = { valid: 40, odd: 10, mutated: 20, chaos: 25, client: 5 };
const conversationsAtOnce = 8;

/**
 * Plays conversations until so many frames were sent. The same seed plays the same ones.
 * @throws at the first that goes wrong; the message says how to repeat it alone
 */
export async function fuzz(options: {
  readonly frames: number;
  readonly seed: number;
  readonly only?: Only;
}): Promise<FuzzReport> {
  const { frames: wanted, seed, only } = options;
  const oracle = await listenOracle();
  const own = await listenOwn();
  const ports = { own: own.port, oracle: oracle.port };
  const outcomes: Record<string, number> = {};
  const frames = { valid: 0, odd: 0, mutated: 0, chaos: 0, client: 0 };
  const conversations = { valid: 0, odd: 0, mutated: 0, chaos: 0, client: 0 };
  const play = async (kind: Kind, at: number): Promise<number> => {
    const random = createRandom((seed + Math.imul(at, 0x9e3779b1)) >>> 0);
    const count = (outcome: string) => {
      outcomes[`${kind}: ${outcome}`] = (outcomes[`${kind}: ${outcome}`] ?? 0) + 1;
    };
    if (kind === "valid") return await playValid(oracle.port, random, count);
    if (kind === "chaos") return playChaos(random, count);
    if (kind === "client") return await playNodeClient(ports, random, count);
    return await playDeviation(oracle.port, random, at, kind === "mutated", count);
  };
  const playNext = async (kind: Kind): Promise<void> => {
    const at = only?.at ?? conversations[kind];
    conversations[kind] += 1;
    const played = await play(kind, at).catch((error: Error) => {
      const repeat = `repeat: npm run fuzz:h2 -- --seed ${seed} --only ${kind}:${at}`;
      throw new Error(`${kind} conversation ${at}: ${error.message} (${repeat})`, { cause: error });
    });
    frames[kind] += played;
    if (kind === "chaos") await new Promise((resolve) => setImmediate(resolve)); // the others' sockets get their turn
  };
  const startedMs = performance.now();
  try {
    if (only !== undefined) await playNext(only.kind);
    const kinds = only === undefined ? (Object.keys(shares) as Kind[]) : [];
    let memoryBefore = 0;
    for (const kind of kinds) {
      const atLeast = kind === "odd" ? KINDS * PLACES.length : 0;
      const isEnough = () => frames[kind] >= (wanted * shares[kind]) / 100 && conversations[kind] >= atLeast;
      const work = async (): Promise<void> => {
        while (!isEnough()) await playNext(kind);
      };
      if (memoryBefore === 0) {
        for (let warm = 0; warm < 50; warm++) await playNext(kind);
        memoryBefore = await memoryInUse();
      }
      await Promise.all(Array.from({ length: conversationsAtOnce }, work));
    }
    const grownBytes = only === undefined ? (await memoryInUse()) - memoryBefore : 0;
    return { seed, frames, conversations, seconds: (performance.now() - startedMs) / 1_000, outcomes, grownBytes };
  } finally {
    await Promise.all([oracle.close(), own.close()]);
  }
}

/** One conversation alone. */
export interface Only {
  readonly kind: Kind;
  readonly at: number;
}
