import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient, type XdsClient } from "@fairlead/xds";
import { MARKED, markOf } from "./marks.ts";

/** Streams that watch the marked clusters of a group, and judge all that comes. */
export interface MarkedStreams {
  /** The state of the stream that is furthest behind; -1: one has nothing yet. */
  slowest(): number;
  /** How many streams are behind a state. */
  behind(step: number): number;
  /** What was wrong: nothing of it may ever be. */
  readonly faults: readonly string[];
  /** Responses so far. */
  readonly responses: number;
  /** Times that a client found an older state on another stream than the one before, since that replica lags. */
  readonly olderAfterReconnect: number;
  /** Attempts to open a stream so far. */
  readonly opened: number;
  close(): Promise<void>;
}

/** Where streams go, and how many. */
export interface StreamsOptions {
  readonly count: number;
  /** `HOST:PORT` of all replicas; streams begin evenly at each, and go to the next when theirs is gone. */
  readonly targets: readonly string[];
  /** The newest state that may be there: one that somebody has at least begun to write. */
  readonly newest: () => number;
}

const MAX_FAULTS = 20;

/** Opens streams, half of them State of the World, half delta. */
export function openStreams({ count, targets, newest }: StreamsOptions): MarkedStreams {
  const faults: string[] = [];
  const fault = (text: string) => {
    if (faults.length < MAX_FAULTS) faults.push(text);
  };
  const held = Array.from({ length: count }, () => -1);
  let responses = 0;
  let olderAfterReconnect = 0;
  let opened = 0;
  const clients = held.map((_, index): XdsClient => {
    const turned = targets.map((_target, i) => targets[(index + i) % targets.length]!);
    const [target, ...alternatives] = turned;
    let isFresh = true;
    const client = createXdsClient({
      target: target!,
      alternatives,
      node: { id: `node-${index}` },
      mode: index % 2 === 0 ? "sotw" : "delta",
      userAgent: "marked",
      backoff: { baseMs: 200, maxMs: 1_000 },
      onStatus: ({ kind }) => {
        if (kind !== "connecting") return;
        opened++;
        isFresh = true;
      },
    });
    client.watch(TYPE_URLS.cluster, "*", {
      onResponse() {
        responses++;
        const marks = MARKED.map((name) => {
          const resource = client.resources(TYPE_URLS.cluster).get(name);
          return resource ? markOf(resource.value) : Number.NaN;
        });
        const [step] = marks;
        const before = held[index]!;
        if (step === undefined || !marks.every((mark) => mark === step)) {
          return fault(`stream ${index} holds a mixture: ${marks.join(", ")} (before: ${before})`);
        }
        if (step > newest()) fault(`stream ${index} holds state ${step}, which nobody wrote`);
        if (step < before && !isFresh) fault(`stream ${index} went back from ${before} to ${step}`);
        if (step < before && isFresh) olderAfterReconnect++;
        isFresh = false;
        held[index] = step;
      },
    });
    return client;
  });
  return {
    slowest: () => Math.min(...held),
    behind: (step) => held.filter((mark) => mark < step).length,
    faults,
    get responses() {
      return responses;
    },
    get olderAfterReconnect() {
      return olderAfterReconnect;
    },
    get opened() {
      return opened;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
