import { styleText } from "node:util";
import type { LiveSample } from "../results/collector.ts";
import { describeSample } from "./figures.ts";
import { formatClock } from "./format-clock.ts";
import type { Progress } from "./progress.ts";

const BAR_CHARACTERS = 24;
/** How often the time left is drawn anew, ms. */
const REDRAW_INTERVAL_MS = 250;

/** For a terminal: a few lines, drawn anew in place and never wider than it. */
export function liveProgress(title: string, stream: NodeJS.WriteStream): Progress {
  let phase: { readonly name: string; readonly beganMs: number; readonly forMs: number | undefined } | undefined;
  let sample: LiveSample | undefined;
  let drawn = 0;
  const timer = setInterval(draw, REDRAW_INTERVAL_MS);
  timer.unref();

  function clear(): string {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A`;
    drawn = 0;
    return `${up}\r\u001b[J`;
  }

  function draw(): void {
    const width = Math.max(1, (stream.columns || 80) - 1);
    const bold = (text: string) => styleText("bold", text, { stream, validateStream: true });
    const dim = (text: string) => styleText("dim", text, { stream, validateStream: true });
    const lines = [bold(cut(title, width))];
    if (phase) lines.push(cut(describePhase(phase), width));
    if (sample) {
      const [flow, latency, cost] = describeSample(sample);
      lines.push(cut(flow, width), cut(latency, width), dim(cut(cost, width)));
    }
    stream.write(`${clear()}${lines.join("\n")}\n`);
    drawn = lines.length;
  }

  return {
    phase(name, forMs) {
      phase = { name, beganMs: performance.now(), forMs };
      draw();
    },
    sample(one) {
      sample = one;
      draw();
    },
    say(text) {
      stream.write(`${clear()}${text}\n`);
      draw();
    },
    end() {
      clearInterval(timer);
      stream.write(clear());
    },
  };
}

function describePhase({ name, beganMs, forMs }: { name: string; beganMs: number; forMs: number | undefined }): string {
  const passedMs = performance.now() - beganMs;
  if (forMs === undefined) return `${name}  ${formatClock(passedMs)}`;
  const share = Math.min(1, passedMs / Math.max(1, forMs));
  const full = Math.round(share * BAR_CHARACTERS);
  return `${name}  ${"█".repeat(full)}${"░".repeat(BAR_CHARACTERS - full)}  ${formatClock(forMs - passedMs)} left`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
