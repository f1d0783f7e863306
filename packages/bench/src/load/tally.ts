import { NO_COUNTS } from "../results/counts.ts";
import type { Counts, WrongAnswer } from "../run/messages.ts";

/** Examples that are kept of each kind; the rest is a number. */
const MAX_EXAMPLES = 10;

type Kind = WrongAnswer["kind"];

/** {@link Counts} that go up. */
export type RunningCounts = { -readonly [Name in keyof Counts]: number };

/** Counts what came and went, and keeps the first examples of what was wrong. */
export class Tally {
  counts: RunningCounts = { ...NO_COUNTS };
  private readonly examples = new Map<Kind, WrongAnswer[]>();
  private readonly others = new Map<Kind, { first: number; count: number }>();

  /** What is counted from now on is measured. Examples stay: a fault is one, warm-up or not. */
  restart(): void {
    this.counts = { ...NO_COUNTS };
  }

  /** Something was wrong, `count` times; the message is made for the first examples only. */
  wrong(kind: Kind, client: number, message: () => string, count = 1): void {
    const examples = this.examples.get(kind) ?? [];
    this.examples.set(kind, examples);
    if (examples.length < MAX_EXAMPLES) {
      examples.push({ kind, client, count, message: message() });
      return;
    }
    const others = this.others.get(kind);
    if (others === undefined) this.others.set(kind, { first: client, count });
    else others.count += count;
  }

  /** All that was wrong: examples and, for each kind, one that stands for the rest. The counts add up to what happened. */
  wrongAnswers(): WrongAnswer[] {
    const rest = [...this.others].map(([kind, { first, count }]) => {
      return { kind, client: first, count, message: `and ${count} more like these, the first on stream ${first}` };
    });
    return [...[...this.examples.values()].flat(), ...rest];
  }
}
