import { type Cause, DURATION_BOUNDS_MS, type Durations, type TypeTraffic, trafficByType } from "@fairlead/xds";
import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import { createTypeLabels } from "./type-label.ts";

/**
 * Metrics of responses and their ACKs, read at each scrape from what the xDS servers count anyway. They begin with 0 now,
 * whatever was counted before.
 */
export function gaugeTraffic(registry: Registry): void {
  const registers = [registry];
  const labelOf = createTypeLabels();
  const base = new Map([...trafficByType()].map((traffic) => [traffic.typeUrl, structuredClone(traffic)]));
  new Counter({
    name: "fairlead_xds_pushes_total",
    help: "Responses sent, by type and by what caused them.",
    labelNames: ["type", "cause"],
    registers,
    collect() {
      this.reset();
      for (const { typeUrl, pushes } of trafficByType()) {
        for (const cause of Object.keys(pushes) as Cause[]) {
          const count = pushes[cause] - (base.get(typeUrl)?.pushes[cause] ?? 0);
          if (count > 0) this.inc({ type: labelOf(typeUrl), cause }, count);
        }
      }
    },
  });
  const count = (name: string, help: string, countOf: (traffic: TypeTraffic) => number) =>
    new Counter({
      name,
      help,
      labelNames: ["type"],
      registers,
      collect() {
        this.reset();
        for (const traffic of trafficByType()) {
          const before = base.get(traffic.typeUrl);
          const since = countOf(traffic) - (before ? countOf(before) : 0);
          if (since > 0) this.inc({ type: labelOf(traffic.typeUrl) }, since);
        }
      },
    });
  count("fairlead_xds_pushed_bytes_total", "Bytes of the responses sent, by type.", ({ pushedBytes }) => pushedBytes);
  count("fairlead_xds_acks_total", "ACKs received, by type.", ({ acks }) => acks);
  const observe = (
    name: string,
    help: string,
    bucketsS: readonly number[],
    durationsOf: (traffic: TypeTraffic) => Durations,
  ) =>
    new CountedHistogram({ name, help, labelNames: ["type", "le"], registers }, bucketsS, () =>
      [...trafficByType()].map((traffic) => {
        const before = base.get(traffic.typeUrl);
        return {
          type: labelOf(traffic.typeUrl),
          durations: since(durationsOf(traffic), before && durationsOf(before)),
        };
      }),
    );
  observe(
    "fairlead_xds_ack_latency_seconds",
    "From the writing of a response to its ACK, by type.",
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    ({ ackLatency }) => ackLatency,
  );
  observe(
    "fairlead_xds_convergence_seconds",
    "From a commit to the ACK of the response that carries it, by type.",
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60],
    ({ convergence }) => convergence,
  );
}

interface Series {
  readonly type: string;
  readonly durations: Durations;
}

/** A histogram that is counted elsewhere. */
class CountedHistogram extends Gauge<"type" | "le"> {
  readonly #head: { readonly name: string; readonly help: string };
  readonly #bucketsS: readonly number[];
  readonly #series: () => readonly Series[];

  /** @param bucketsS upper bounds, s: each of them one of those that are counted by */
  constructor(
    config: ConstructorParameters<typeof Gauge<"type" | "le">>[0],
    bucketsS: readonly number[],
    series: () => readonly Series[],
  ) {
    super(config);
    this.#head = config;
    this.#bucketsS = bucketsS;
    this.#series = series;
  }

  override async get() {
    const { name, help } = this.#head;
    const shown = this.#series().filter(({ durations }) => durations.count > 0);
    const values = shown.flatMap((series) => this.#valuesOf(series));
    return { name, help, type: "histogram" as never, aggregator: "sum" as const, collect: () => {}, values };
  }

  #valuesOf({ type, durations }: Series) {
    const { name } = this.#head;
    const bucket = (le: number | string, value: number) => ({
      labels: { le, type },
      value,
      metricName: `${name}_bucket`,
    });
    return [
      ...this.#bucketsS.map((le) => bucket(le, countUpTo(durations, le * 1000))),
      bucket("+Inf", durations.count),
      { labels: { type }, value: durations.sumMs / 1000, metricName: `${name}_sum` },
      { labels: { type }, value: durations.count, metricName: `${name}_count` },
    ];
  }
}

function countUpTo({ buckets }: Durations, boundMs: number): number {
  return buckets.reduce((sum, count, at) => (DURATION_BOUNDS_MS[at]! <= boundMs ? sum + count : sum), 0);
}

function since(durations: Durations, before: Durations | undefined): Durations {
  if (!before) return durations;
  return {
    count: durations.count - before.count,
    sumMs: durations.sumMs - before.sumMs,
    buckets: durations.buckets.map((count, at) => count - before.buckets[at]!),
  };
}
