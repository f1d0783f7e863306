/**
 * What a run does, with all defaults filled in: what `read` makes of a plan file and of flags.
 *
 * Units stand in the names. The schema (`schema.ts`) yields exactly this.
 */
export interface Plan {
  /** For titles and comparisons; left out: the scenario and the target. */
  readonly name?: string;
  readonly target: Target;
  readonly protocol: Protocol;
  /** Wait between a client's polls, ms, as Envoy's `refresh_delay`: `rest` only, where it is needed. */
  readonly pollMs?: number;
  /** How many streams (for `sotw` and `delta`: how many clients, each with one stream per type) are opened. */
  readonly streams: number;
  /** Streams that share one connection. 1: a connection each, as Envoys have. */
  readonly streamsPerConnection: number;
  readonly node: NodeTemplate;
  readonly workload: Workload;
  readonly driver: DriverPlan;
  readonly scenario: Scenario;
  /** What the streams are like; shares add up to 1. Latencies are told of the `healthy` ones only. */
  readonly population: readonly Population[];
  /** Generator processes; `auto`: one for each free core but one, at least 1. */
  readonly generators: number | "auto";
  /** CPUs that the generators are bound to (`taskset`); left out: no binding. */
  readonly generatorCpus?: string;
  readonly server: ObservedServer;
  readonly thresholds: readonly Threshold[];
}

/** Where the xDS server listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Left out: plaintext. */
  readonly tls?: TargetTls;
}

/** Files are PEM, read when the plan is; certificates of the client make it mutual. */
export interface TargetTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The name that the certificate has to be for; left out: the host. */
  readonly serverName?: string;
  /** Takes any certificate. */
  readonly insecure: boolean;
}

/** `raw` is the floor: the same bytes on bare TCP, without a protocol (packages/bench/peers). */
export type Protocol = "ads-sotw" | "ads-delta" | "sotw" | "delta" | "rest" | "raw";

/** `{n}` in any string is the number of the stream's client, from 0; `{n:05}` pads it with zeros. */
export interface NodeTemplate {
  readonly id: string;
  readonly cluster: string;
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string };
  /** JSON; strings in it are templates too. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What the server is expected to hold and what the streams ask for. */
export interface Workload {
  readonly type: "endpoints" | "clusters";
  /** How many resources there are. */
  readonly count: number;
  /** Endpoints in each; 30 make about 1 KB. */
  readonly endpoints: number;
  /** Template of a resource's name, `{i}` is its number from 0. */
  readonly nameTemplate: string;
  /** `wildcard`, all names, or a window of that many names for each stream, which begins at a place of its own. */
  readonly subscribe: "wildcard" | "all" | { readonly each: number };
  /** How far after its predecessor's a stream's window begins; left out: `each`, so that they don't overlap until all are asked for. */
  readonly stride?: number;
  /** What a change touches: one resource, in turn; always the first; or all. */
  readonly change: "in-turn" | "first" | "all";
  /**
   * How a push is told from another: by the mark in the resources (see `workload/mark.ts`), or, where the server's resources
   * aren't ours, by their bytes: then there are no latencies, only counts.
   */
  readonly recognise: "mark" | "bytes";
}

/** How the server under test is changed. Templates: see `placeholders.ts`. */
export type DriverPlan =
  | { readonly kind: "none" }
  | { readonly kind: "fairlead"; readonly adminUrl: string; readonly group: string; readonly token?: string }
  | { readonly kind: "registry"; readonly adminUrl: string }
  | {
      readonly kind: "http";
      /** Once, before streams connect. */
      readonly setup?: HttpTemplate;
      readonly change: HttpTemplate;
      readonly teardown?: HttpTemplate;
    }
  | { readonly kind: "exec"; readonly command: string };

/** A request: `{sequence}`, `{mark}`, `{names}`, `{resources}` (ProtoJSON) and so on stand for what changes (`placeholders.ts`). */
export interface HttpTemplate {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Streams connect at a rate, or as fast as it goes with a bounded number that wait for their first answer. */
export interface Connecting {
  readonly perSecond?: number;
  /** Streams that may be without their first answer at a time. */
  readonly atOnce: number;
}

/** What happens once the streams are there. Times of `warmupMs` are left out of the figures. */
export type Scenario =
  | { readonly kind: "connect"; readonly connecting: Connecting; readonly holdMs: number }
  | {
      /** Pushes at a rate, open loop: a change is due at its time, whether the last one is through or not. */
      readonly kind: "steady" | "soak";
      readonly connecting: Connecting;
      /** 0 where the driver is `none`: the run observes. */
      readonly changesPerSecond: number;
      readonly warmupMs: number;
      readonly durationMs: number;
      readonly churn?: Churn;
    }
  | {
      /** One change, the next one when all have it (and `pauseMs` later). */
      readonly kind: "fanout";
      readonly connecting: Connecting;
      readonly changes: number;
      readonly pauseMs: number;
      /** A stream that lacks a change after this time counts as one that lost it. */
      readonly patienceMs: number;
    }
  | {
      /** As fast as it goes: at most `ahead` changes that not all have. */
      readonly kind: "saturation";
      readonly connecting: Connecting;
      readonly ahead: number;
      readonly warmupMs: number;
      readonly durationMs: number;
    }
  | {
      /** The most streams, or the highest rate, at which the thresholds still hold. Each step is a `steady` run. */
      readonly kind: "search";
      readonly connecting: Connecting;
      readonly vary: "streams" | "rate";
      readonly from: number;
      readonly to: number;
      /** Ends when the bounds are this near, as a share of the upper one. */
      readonly precision: number;
      readonly changesPerSecond: number;
      readonly warmupMs: number;
      readonly durationMs: number;
    }
  | {
      /** A share of the connections is cut at one moment and comes back. */
      readonly kind: "reconnect";
      readonly connecting: Connecting;
      readonly share: number;
      readonly rounds: number;
      /** How they come back. */
      readonly reconnecting: Connecting;
      /** Meanwhile; may be 0. */
      readonly changesPerSecond: number;
      readonly pauseMs: number;
    };

/** What comes and goes beside the pushes. */
export interface Churn {
  /** Streams that end and are opened anew. */
  readonly streamsPerSecond: number;
  /** Subscriptions that lose a name and ask for it again. */
  readonly subscriptionsPerSecond: number;
}

export interface Population {
  readonly share: number;
  readonly behaviour: Behaviour;
}

/**
 * - `healthy`: reads at once, ACKs.
 * - `slow-reader`: reads `bytesPerSecond`, ACKs.
 * - `stalled`: reads the first answer, and then nothing.
 * - `never-ack`: reads at once, answers nothing.
 * - `nack`: rejects each response to a change.
 */
export type Behaviour =
  | { readonly kind: "healthy" | "stalled" | "never-ack" | "nack" }
  | { readonly kind: "slow-reader"; readonly bytesPerSecond: number };

/** The server's process and its metrics. */
export interface ObservedServer {
  /** Its CPU, memory and threads are read from /proc; children are counted in. */
  readonly pid?: number;
  /** Scraped each second for `process_cpu_seconds_total` and `process_resident_memory_bytes`. */
  readonly prometheusUrl?: string;
}

/** `p99 < 20ms`, `rss_per_stream < 16KiB`: what must hold of a metric of the result. */
export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** A name of the catalogue in `results/metrics.ts`. */
  readonly metric: string;
  readonly operator: "<" | "<=" | ">" | ">=" | "==";
  /** In the metric's own unit (ms, µs, bytes, 1/s, share). */
  readonly value: number;
}
