import { availableParallelism } from "node:os";
import type { Connecting, Plan } from "../plan/plan.ts";
import type { Span } from "./messages.ts";

/** A process more is worth its while from so many streams on. */
const STREAMS_PER_GENERATOR = 500;

/** How many generator processes a plan gets; `auto` leaves a core to the server. */
export function generatorsOf({ generators, streams, generatorCpus }: Plan): number {
  const connections = Math.max(1, streams);
  if (generators !== "auto") return Math.min(generators, connections);
  const cores = generatorCpus === undefined ? availableParallelism() - 1 : cpusOf(generatorCpus).length;
  return Math.max(1, Math.min(cores, Math.ceil(streams / STREAMS_PER_GENERATOR)));
}

/** The CPUs of a list as `taskset` takes it: `0,2-3`. */
export function cpusOf(list: string): readonly number[] {
  return list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

/** Clients 0 to `clients`, in spans that differ by a connection at most, and hold whole connections. */
export function splitClients(clients: number, perConnection: number, parts: number): readonly Span[] {
  const connections = Math.ceil(clients / perConnection);
  const edge = (part: number) => Math.min(clients, Math.floor((connections * part) / parts) * perConnection);
  return Array.from({ length: parts }, (_, part) => ({ from: edge(part), to: edge(part + 1) }));
}

/** One generator's part of a pace that all keep together. */
export function shareOf(connecting: Connecting, parts: number): Connecting {
  const atOnce = Math.max(1, Math.floor(connecting.atOnce / parts));
  return connecting.perSecond === undefined ? { atOnce } : { atOnce, perSecond: connecting.perSecond / parts };
}

/** Splits a whole number by the weights of the parts; the parts add up to it. */
export function splitNumber(total: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((one, other) => one + other, 0);
  let given = 0;
  let weight = 0;
  return weights.map((one) => {
    weight += one;
    const upTo = Math.round((total * weight) / Math.max(1, sum));
    const part = upTo - given;
    given = upTo;
    return part;
  });
}
