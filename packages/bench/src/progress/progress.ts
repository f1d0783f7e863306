import type { LiveSample } from "../results/collector.ts";
import { lineProgress } from "./lines.ts";
import { liveProgress } from "./live.ts";

/** Tells how a run goes on, while it does. */
export interface Progress {
  /** A part of the run begins; `forMs`: how long it takes, where that is known. */
  phase(name: string, forMs?: number): void;
  /** The last second. */
  sample(sample: LiveSample): void;
  /** Writes a line that stays. */
  say(text: string): void;
  /** What was shown is over. */
  end(): void;
}

/** On a terminal a few lines that are drawn anew; elsewhere a line at each phase and every 5 s. */
export function createProgress(title: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? liveProgress(title, stream) : lineProgress(stream);
}
