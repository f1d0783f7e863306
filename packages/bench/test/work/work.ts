import { planWith } from "../support/plan.ts";

export const RESOURCES = 10;
/** 10 KB, of which a change touches a tenth. */
export const WORKLOAD = { ...planWith({}).workload, count: RESOURCES, endpoints: 45 };

/** What a server is to do. */
export interface WorkCommand {
  readonly changes: number;
  readonly streams: number;
}

/** What a server did meanwhile. */
export interface Work {
  /** Names found to differ. */
  readonly differences: number;
  /** Responses encoded. */
  readonly builds: number;
  readonly pushes: number;
  readonly turns: number;
  /** Messages read. */
  readonly acks: number;
  /** System calls that read and write; 0 where the system does not count them. */
  readonly reads: number;
  readonly writes: number;
  /** In the JavaScript heap; all of it, where nothing was collected. */
  readonly allocatedBytes: number;
  readonly collections: number;
}

/** What a push may take of something. */
export interface Allowance {
  readonly of: keyof Work;
  /** For a push. */
  readonly atMost: number;
  /** What it is, for the message. */
  readonly title: string;
}

/** What took more than it may, a line each: what, how much for a push, and by how much it grew. */
export function growthOf(work: Work, allowances: readonly Allowance[]): readonly string[] {
  return allowances.flatMap(({ of, atMost, title }) => {
    const each = work[of] / work.pushes;
    if (each <= atMost) return [];
    const grown = Math.ceil((each / atMost - 1) * 100);
    return [`${title}: ${format(each)} a push, at most ${format(atMost)} is written down: ${grown} % more`];
  });
}

const format = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
