import { BenchError } from "../errors.ts";
import { parseDuration, parseRate, parseShare, parseSize } from "../plan/units.ts";

/** What a plan is for. */
export interface Demand {
  readonly proxies: number;
  readonly changesPerSecond: number;
  /** What a change brings to a proxy, bytes. */
  readonly pushBytes: number;
  /** Proxies that a change concerns; 1: all. */
  readonly interested: number;
  readonly coresPerReplica: number;
  /** Of a replica's cores: what is kept free, for bursts and for the streams of a replica that dies. */
  readonly headroom: number;
  readonly isTls: boolean;
  /** What a replica may have, and how soon a change has to be everywhere; left out: no bound. */
  readonly memoryBytes?: number;
  readonly networkBytesPerSecond?: number;
  readonly fanOutMs?: number;
  /** Replicas or relays that one upstream feeds; left out: as many as one core can, by what was measured. */
  readonly relayFanOut?: number;
}

/** A demand as it was typed, by the attribute that commander makes of each flag. */
export interface DemandFlags {
  readonly proxies: string;
  readonly changes: string;
  readonly size: string;
  readonly interested?: string;
  readonly coresPerReplica?: string;
  readonly headroom?: string;
  readonly tls?: boolean;
  readonly memoryPerReplica?: string;
  readonly networkPerReplica?: string;
  readonly fanOut?: string;
  readonly relayFanout?: string;
}

const MAX_PROXIES = 1_000_000_000;
const MAX_CORES = 1_024;
const MAX_RELAY_FAN_OUT = 1_000_000;
const DEFAULT_CORES = "4";
const DEFAULT_HEADROOM = "50%";

/** @throws BenchError `bad-plan`, with every flag that is wrong */
export function readDemand(flags: DemandFlags): Demand {
  const faults: string[] = [];
  const read = <T>(flag: string, text: string, expected: string, parse: (text: string) => T | undefined): T => {
    const value = parse(text.trim());
    if (value === undefined) faults.push(`--${flag}: expected ${expected}, got ${JSON.stringify(text)}`);
    return value as T; // what is missing is never used: faults are thrown first
  };
  const { memoryPerReplica, networkPerReplica, fanOut, relayFanout } = flags;
  const size = (example: string) => `a size such as ${example}`;
  const demand: Demand = {
    proxies: read("proxies", flags.proxies, "a whole number from 1, such as 1000000", whole(1, MAX_PROXIES)),
    changesPerSecond: read("changes", flags.changes, "a rate such as 10/s or 6/m", parseRate),
    pushBytes: read("size", flags.size, size("10KB"), positive(parseSize)),
    interested: read("interested", flags.interested ?? "100%", "a share such as 5%", positive(parseShare)),
    coresPerReplica: read(
      "cores-per-replica",
      flags.coresPerReplica ?? DEFAULT_CORES,
      "a whole number of cores from 1, such as 4",
      whole(1, MAX_CORES),
    ),
    headroom: read("headroom", flags.headroom ?? DEFAULT_HEADROOM, "a share below 1, such as 50%", (text) => {
      const share = parseShare(text);
      return share !== undefined && share < 1 ? share : undefined;
    }),
    isTls: flags.tls === true,
    ...(memoryPerReplica !== undefined && {
      memoryBytes: read("memory-per-replica", memoryPerReplica, size("4GiB"), positive(parseSize)),
    }),
    ...(networkPerReplica !== undefined && {
      networkBytesPerSecond: read(
        "network-per-replica",
        networkPerReplica,
        "bytes a second such as 1.25GB/s",
        (text) => (text.endsWith("/s") ? positive(parseSize)(text.slice(0, -2)) : undefined),
      ),
    }),
    ...(fanOut !== undefined && {
      fanOutMs: read("fan-out", fanOut, "a duration such as 1s", positive(parseDuration)),
    }),
    ...(relayFanout !== undefined && {
      relayFanOut: read("relay-fanout", relayFanout, "a whole number from 2, such as 100", whole(2, MAX_RELAY_FAN_OUT)),
    }),
  };
  if (faults.length > 0) throw new BenchError("bad-plan", faults.join("\n"));
  return demand;
}

function whole(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

function positive(parse: (text: string) => number | undefined): (text: string) => number | undefined {
  return (text) => {
    const value = parse(text);
    return value !== undefined && value > 0 ? value : undefined;
  };
}
