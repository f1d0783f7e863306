import type { Sample } from "./result.ts";

/** Samples that a result holds at most: two hours of seconds; a day is told by samples of 16 s. */
const SAMPLES = 7_200;
const SECOND_MS = 1_000;

/** A sample a second; when there are too many, two become one. */
export interface Timeline {
  add(sample: Sample): void;
  readonly samples: readonly Sample[];
  /** What a sample covers. */
  readonly sampleMs: number;
}

/** Begins. At most {@link SAMPLES} are kept. */
export function createTimeline(): Timeline {
  let samples: Sample[] = [];
  let width = 1;
  let open: Sample[] = [];
  return {
    add(sample) {
      open.push(sample);
      if (open.length < width) return;
      samples.push(mergeSamples(open));
      open = [];
      if (samples.length < SAMPLES) return;
      samples = pairs(samples).map(mergeSamples);
      width *= 2;
    },
    get samples() {
      return open.length === 0 ? samples : [...samples, mergeSamples(open)];
    },
    get sampleMs() {
      return width * SECOND_MS;
    },
  };
}

function pairs(samples: readonly Sample[]): Sample[][] {
  return samples.flatMap((sample, index) => {
    if (index % 2 !== 0) return [];
    const next = samples[index + 1];
    return [next === undefined ? [sample] : [sample, next]];
  });
}

/** The last one's time, phase and streams; rates, CPU and p50 on average; p99 and memory at their highest. */
function mergeSamples(samples: readonly Sample[]): Sample {
  const last = samples.at(-1)!;
  if (samples.length === 1) return last;
  const mean = (field: keyof Sample) => averageOf(samples, field);
  const highest = (field: keyof Sample) => {
    const values = valuesOf(samples, field);
    return values.length === 0 ? null : Math.max(...values);
  };
  return {
    ...last,
    changesPerSecond: mean("changesPerSecond") ?? 0,
    pushesPerSecond: mean("pushesPerSecond") ?? 0,
    acksPerSecond: mean("acksPerSecond") ?? 0,
    bytesInPerSecond: mean("bytesInPerSecond") ?? 0,
    generatorCpuShare: mean("generatorCpuShare") ?? 0,
    serverCpuShare: mean("serverCpuShare"),
    serverRssBytes: highest("serverRssBytes"),
    p50Ms: mean("p50Ms"),
    p99Ms: highest("p99Ms"),
  };
}

function averageOf(samples: readonly Sample[], field: keyof Sample): number | null {
  const values = valuesOf(samples, field);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function valuesOf(samples: readonly Sample[], field: keyof Sample): number[] {
  return samples.map((sample) => sample[field]).filter((value) => typeof value === "number");
}
