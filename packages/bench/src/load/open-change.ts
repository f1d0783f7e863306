import type { Change, Report } from "../run/messages.ts";
import { FloatList } from "./float-list.ts";

/** A change that not all streams hold yet. */
export class OpenChange {
  readonly sequence: number;
  readonly intendedMs: number;
  readonly resources: Change["resources"];
  /** The one resource that it touches; -1: several. */
  readonly index: number;
  /** Streams that count for it. */
  expected: number;
  readonly received = new FloatList();
  readonly acked = new FloatList();
  /** Which change was the latest of each resource before it. */
  before: readonly number[] = [];

  constructor(sequence: number, intendedMs: number, resources: Change["resources"], expected: number) {
    this.sequence = sequence;
    this.intendedMs = intendedMs;
    this.resources = resources;
    this.index = resources !== "all" && resources.length === 1 ? resources[0]! : -1;
    this.expected = expected;
  }

  touches(index: number): boolean {
    return this.index >= 0 ? this.index === index : this.resources === "all" || this.resources.includes(index);
  }

  /** An earlier change was not made: what was the latest before it is the latest before this one. */
  failedBefore(failed: OpenChange): void {
    this.before = this.before.map((sequence, at) => {
      if (sequence !== failed.sequence) return sequence;
      if (this.resources === "all" || failed.resources === "all") return failed.before[0] ?? 0;
      return failed.before[failed.resources.indexOf(this.resources[at]!)] ?? 0;
    });
  }

  report(): Extract<Report, { kind: "held" }> {
    return {
      kind: "held",
      sequence: this.sequence,
      intendedMs: this.intendedMs,
      receivedMs: this.received.toArray(),
      ackedMs: this.acked.toArray(),
      missing: Math.max(0, this.expected - this.received.length),
    };
  }
}
