import type { LiveSample } from "../results/collector.ts";
import { describeSample } from "./figures.ts";
import { formatClock } from "./format-clock.ts";
import type { Progress } from "./progress.ts";

/** A log gets a line of figures no more often than that, ms. */
const LINE_INTERVAL_MS = 5_000;

/** For a log: a line at each phase, and one of figures now and then. */
export function lineProgress(stream: NodeJS.WritableStream): Progress {
  const beganMs = performance.now();
  let phase = "";
  let lastMs = beganMs;
  const line = (text: string) => stream.write(`${formatClock(performance.now() - beganMs)} ${text}\n`);
  return {
    phase(name, forMs) {
      phase = name;
      lastMs = performance.now();
      line(forMs === undefined ? name : `${name} (${formatClock(forMs)})`);
    },
    sample(sample: LiveSample) {
      if (performance.now() - lastMs < LINE_INTERVAL_MS) return;
      lastMs = performance.now();
      line(`${phase}: ${describeSample(sample).join("  ")}`);
    },
    say: line,
    end() {},
  };
}
