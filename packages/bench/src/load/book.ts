import type { Change, Report } from "../run/messages.ts";
import { type Content, UNKNOWN } from "../workload/content.ts";
import type { Window } from "../workload/window.ts";
import { OpenChange } from "./open-change.ts";

/** Changes that are waited for at a time; then the oldest is closed, with those who lack it as missing. */
const MAX_OPEN_CHANGES = 10_000;
/** Latencies that are held of open changes (8 bytes each). */
const MAX_OPEN_LATENCIES = 16_000_000;
/** A change is waited for so long at most. */
const MAX_WAIT_MS = 120_000;

/** How a book is laid out. */
export interface BookOptions {
  /** Streams. */
  readonly rows: number;
  /** Resources of the workload. */
  readonly resources: number;
  /** What stream `row` asks for. */
  readonly windowOf: (row: number) => Window;
  /** States are marks: a smaller one is an older one. Otherwise digests. */
  readonly isOrdered: boolean;
  /** A response without a resource removes it (clusters in SotW). */
  readonly isAbsenceRemoval: boolean;
  readonly onHeld: (report: Extract<Report, { kind: "held" }>) => void;
}

/**
 * Who holds what: the state of every resource on every stream, in one array, and the changes that not all streams hold yet.
 *
 * A stream counts for a change when it was there, synced, when the change was made known, and until it holds it; a push that
 * covers several changes satisfies each, from each one's own intended time. Streams that go away in between are excused.
 */
export class Book {
  /** Of the last `take`: the response brought something new. */
  isNew = false;
  /** Of the last `take`: resources in an older state than held; the first one, and the state it was in before. */
  older = 0;
  olderIndex = -1;
  olderState = 0;
  /** Of the last `take`: resources that the stream did not ask for; the number of one of them, -1: of none of the workload. */
  foreign = 0;
  foreignIndex = -1;

  private readonly options: BookOptions;
  private readonly width: number;
  private readonly states: Uint32Array;
  private readonly starts: Uint32Array;
  /** Resources that a row has not. */
  private readonly lacking: Uint32Array;
  /** The first sequence that a row counts for; infinity: for none. */
  private readonly from: Float64Array;
  /** A name that the row has unsubscribed from; -1: none. */
  private readonly outSlot: Int32Array;
  /** Rows that count, by resource. */
  private readonly counting: Uint32Array;
  private countingRows = 0;

  private readonly latest: Float64Array;
  private latestOfAll = 0;
  private lastSequence = 0;

  private readonly open = new Map<number, OpenChange>();
  private readonly openOf: (OpenChange[] | undefined)[];
  /** Those of several resources. */
  private readonly openWide: OpenChange[] = [];
  private readonly satisfied: OpenChange[] = [];
  /** Rows that have, or had a moment ago, unsubscribed from a name. */
  private readonly exceptions = new Map<number, Exception>();

  constructor(options: BookOptions) {
    const { rows, resources, windowOf } = options;
    this.options = options;
    this.width = rows === 0 ? 0 : windowOf(0).size;
    this.states = new Uint32Array(rows * this.width);
    this.starts = Uint32Array.from({ length: rows }, (_, row) => windowOf(row).start);
    this.lacking = new Uint32Array(rows).fill(this.width);
    this.from = new Float64Array(rows).fill(Infinity);
    this.outSlot = new Int32Array(rows).fill(-1);
    this.counting = new Uint32Array(resources);
    this.latest = new Float64Array(resources);
    this.openOf = new Array(resources);
  }

  /** Whether the row has every resource that it asked for, in whatever state. */
  isWhole(row: number): boolean {
    return this.lacking[row] === 0;
  }

  /** How many of its resources the row has not. */
  lackingOf(row: number): number {
    return this.lacking[row]!;
  }

  /** Which resource stands at `slot` of a row's window. */
  indexAt(row: number, slot: number): number {
    return (this.starts[row]! + slot) % this.latest.length;
  }

  /** What a row holds. */
  *held(row: number): Generator<{ readonly index: number; readonly state: number }> {
    for (let slot = 0; slot < this.width; slot++) {
      const state = this.states[row * this.width + slot]!;
      if (state !== UNKNOWN) yield { index: this.indexAt(row, slot), state };
    }
  }

  /** The newest change that any row holds, whoever made it; 0: none, or there is no telling. */
  get newest(): number {
    if (!this.options.isOrdered) return 0;
    let newest = UNKNOWN;
    for (const state of this.states) if (state > newest) newest = state;
    return Math.max(0, newest - 1);
  }

  /** The last sequence that was made known. */
  get noted(): number {
    return this.lastSequence;
  }

  /** Changes that are waited for. */
  get openCount(): number {
    return this.open.size;
  }

  /** Makes a change known, before the server is told of it. Sequences go up. */
  note({ sequence, intendedMs, resources }: Change, nowMs: number): void {
    this.lastSequence = Math.max(this.lastSequence, sequence);
    const change = new OpenChange(sequence, intendedMs, resources, this.expectedOf(resources));
    if (!this.options.isOrdered) {
      this.options.onHeld({ ...change.report(), missing: 0 }); // nobody can tell who has it
      return;
    }
    if (resources === "all") {
      change.before = [this.latestOfAll];
      this.latestOfAll = sequence;
    } else {
      change.before = resources.map((index) => this.latest[index] ?? 0);
      for (const index of resources) this.latest[index] = sequence;
    }
    this.open.set(sequence, change);
    if (change.index < 0) this.openWide.push(change);
    else if (this.openOf[change.index] === undefined) this.openOf[change.index] = [change];
    else this.openOf[change.index]!.push(change);
    this.closeIfDone(change);
    this.closeOverdue(nowMs);
  }

  /** A change was not made: nobody waits for it. */
  fail(sequence: number): void {
    const change = this.open.get(sequence);
    if (change === undefined) return;
    this.forget(change);
    for (const later of this.open.values()) later.failedBefore(change);
    if (change.resources === "all") {
      if (this.latestOfAll === sequence) this.latestOfAll = change.before[0]!;
      return;
    }
    change.resources.forEach((index, at) => {
      if (this.latest[index] === sequence) this.latest[index] = change.before[at]!;
    });
  }

  /** The row is synced and counts for changes that are made known from now on. */
  join(row: number): void {
    if (this.from[row] !== Infinity) return;
    this.from[row] = this.lastSequence + 1;
    this.countIn(row, 1);
  }

  /** The row went away, or was set back: it is excused from what it lacks, until it joins again. */
  leave(row: number): void {
    if (this.from[row] === Infinity) return;
    for (const change of [...this.open.values()]) if (this.isAwaited(change, row)) this.excuse(change);
    this.from[row] = Infinity;
    this.countIn(row, -1);
    this.exceptions.delete(row);
    this.outSlot[row] = -1;
  }

  /**
   * Enters a response. `isNew`, `older` and `foreign` tell of it; the changes that it satisfied wait for {@link acked}.
   */
  take(row: number, content: Content, receivedMs: number): void {
    const { states, width } = this;
    const { indexes, count } = content;
    const { isOrdered, isAbsenceRemoval } = this.options;
    const resources = this.latest.length;
    const base = row * width;
    const start = this.starts[row]!;
    const outSlot = this.outSlot[row]!;
    const isCounting = this.from[row] !== Infinity;
    const wide = isCounting && this.openWide.length > 0 ? this.awaitedWide(row) : NONE;
    this.isNew = false;
    this.older = 0;
    this.foreign = 0;
    for (let at = 0; at < count; at++) {
      const index = indexes[at]!;
      const slot = index >= start ? index - start : index - start + resources;
      if (index < 0 || slot >= width) {
        this.foreign += 1;
        this.foreignIndex = index;
        continue;
      }
      const state = content.states[at]!;
      const before = states[base + slot]!;
      if (state === before || slot === outSlot) continue;
      states[base + slot] = state;
      if (before === UNKNOWN) this.takeFirst(row, index, state, receivedMs);
      else if (isOrdered && state < before) this.takeOlder(index, before);
      else {
        this.isNew = true;
        const open = isCounting ? this.openOf[index] : undefined;
        if (open !== undefined) this.cross(open, row, before, state, receivedMs);
      }
    }
    if (isAbsenceRemoval && count - this.foreign < width) this.removeAbsent(row, content);
    for (const index of content.removed) this.remove(row, index);
    for (const change of wide) if (this.holds(row, change)) this.receive(change, receivedMs);
    if (this.older > 0) this.leave(row);
  }

  /** The ACK of the last response taken is with the system. */
  acked(atMs: number): void {
    const { satisfied } = this;
    if (satisfied.length === 0) return;
    for (const change of satisfied) {
      change.acked.push(atMs - change.intendedMs);
      this.closeIfDone(change);
    }
    satisfied.length = 0;
  }

  /** The row unsubscribes from one name; `false`: not now, an earlier time is not through yet. */
  unsubscribe(row: number, slot: number): boolean {
    const earlier = this.exceptions.get(row);
    if (this.from[row] === Infinity || this.lacking[row] !== 0) return false;
    if (earlier !== undefined && (earlier.from === Infinity || this.hasOpenBefore(earlier.from))) return false;
    const index = this.indexAt(row, slot);
    for (const change of [...this.open.values()]) {
      if (change.touches(index) && this.isAwaited(change, row)) this.excuse(change);
    }
    const at = row * this.width + slot;
    this.exceptions.set(row, { index, slot, state: this.states[at]!, from: Infinity });
    this.states[at] = UNKNOWN;
    this.lacking[row]! += 1;
    this.outSlot[row] = slot;
    return true;
  }

  /** The row asks again for the name; `false`: it is not out, since the row has left in between. */
  resubscribe(row: number, slot: number): boolean {
    if (this.outSlot[row] !== slot) return false;
    this.outSlot[row] = -1;
    return true;
  }

  /** What the row lacks of what was changed; nothing, where there is no telling. */
  behind(row: number): Behind {
    if (!this.options.isOrdered) return { count: 0, first: undefined };
    const { states, width } = this;
    let count = 0;
    let first: Behind["first"];
    for (let slot = 0; slot < width; slot++) {
      const index = this.indexAt(row, slot);
      const state = states[row * width + slot]!;
      const due = Math.max(this.latest[index]!, this.latestOfAll);
      if (state !== UNKNOWN && state > due) continue;
      count += 1;
      first ??= { index, held: state - 1, due };
    }
    return { count, first };
  }

  private takeFirst(row: number, index: number, state: number, receivedMs: number): void {
    this.isNew = true;
    this.lacking[row]! -= 1;
    const open = this.openOf[index];
    const exception = this.exceptions.get(row);
    if (exception?.index === index && exception.from === Infinity) this.takeAgain(exception, index, state);
    else if (open !== undefined && this.from[row] !== Infinity) this.cross(open, row, UNKNOWN, state, receivedMs);
  }

  /** A name that was given up is there again. */
  private takeAgain(exception: Exception, index: number, state: number): void {
    exception.from = this.lastSequence + 1;
    if (this.options.isOrdered && state < exception.state) this.takeOlder(index, exception.state);
  }

  private takeOlder(index: number, before: number): void {
    if (this.older === 0) {
      this.olderIndex = index;
      this.olderState = before - 1;
    }
    this.older += 1;
  }

  /** The row's resource went from state `before` to `state`: what lies between is received. */
  private cross(open: readonly OpenChange[], row: number, before: number, state: number, receivedMs: number): void {
    let first = open.length;
    while (first > 0 && open[first - 1]!.sequence >= before) first -= 1;
    for (let at = first; at < open.length; at++) {
      const change = open[at]!;
      if (change.sequence < state && this.isCounted(change, row)) this.receive(change, receivedMs);
    }
  }

  private receive(change: OpenChange, receivedMs: number): void {
    change.received.push(receivedMs - change.intendedMs);
    this.satisfied.push(change);
  }

  private remove(row: number, index: number): void {
    const slot = this.slotOf(row, index);
    const at = row * this.width + slot;
    if (slot < 0 || this.states[at] === UNKNOWN) return;
    if (this.from[row] !== Infinity) this.setBack(row);
    this.states[at] = UNKNOWN;
    this.lacking[row]! += 1;
    this.isNew = true;
  }

  /** It is excused from what it lacks so far, and counts from the next change on: what it still lacks in the end, `behind` tells. */
  private setBack(row: number): void {
    for (const change of [...this.open.values()]) if (this.isAwaited(change, row)) this.excuse(change);
    this.from[row] = this.lastSequence + 1;
  }

  private removeAbsent(row: number, { indexes, count }: Content): void {
    const present = new Set(indexes.subarray(0, count));
    for (let slot = 0; slot < this.width; slot++) {
      const index = this.indexAt(row, slot);
      if (!present.has(index)) this.remove(row, index);
    }
  }

  private slotOf(row: number, index: number): number {
    if (index < 0) return -1;
    const resources = this.latest.length;
    const slot = (index - this.starts[row]! + resources) % resources;
    return slot < this.width ? slot : -1;
  }

  private awaitedWide(row: number): readonly OpenChange[] {
    return this.openWide.filter((change) => this.isAwaited(change, row));
  }

  /** The row counts for the change and does not hold it. */
  private isAwaited(change: OpenChange, row: number): boolean {
    return this.isCounted(change, row) && !this.holds(row, change);
  }

  private isCounted(change: OpenChange, row: number): boolean {
    if (change.sequence < this.from[row]!) return false;
    const exception = this.exceptions.size > 0 ? this.exceptions.get(row) : undefined;
    if (exception && change.sequence < exception.from && change.touches(exception.index)) return false;
    return change.index >= 0 ? this.slotOf(row, change.index) >= 0 : this.isInterested(row, change.resources);
  }

  private isInterested(row: number, resources: Change["resources"]): boolean {
    return resources === "all" || resources.some((index) => this.slotOf(row, index) >= 0);
  }

  private holds(row: number, change: OpenChange): boolean {
    const base = row * this.width;
    if (change.resources === "all") {
      for (let slot = 0; slot < this.width; slot++) if (this.states[base + slot]! <= change.sequence) return false;
      return true;
    }
    return change.resources.every((index) => {
      const slot = this.slotOf(row, index);
      return slot < 0 || this.states[base + slot]! > change.sequence;
    });
  }

  private expectedOf(resources: Change["resources"]): number {
    let expected = this.countingRows;
    if (resources !== "all" && resources.length === 1) expected = this.counting[resources[0]!] ?? 0;
    else if (resources !== "all") {
      expected = 0;
      for (let row = 0; row < this.from.length; row++) {
        if (this.from[row] !== Infinity && this.isInterested(row, resources)) expected += 1;
      }
    }
    for (const { index, from } of this.exceptions.values()) {
      if (from === Infinity && (resources === "all" || resources.includes(index))) expected -= 1;
    }
    return expected;
  }

  private countIn(row: number, by: 1 | -1): void {
    this.countingRows += by;
    for (let slot = 0; slot < this.width; slot++) {
      this.counting[this.indexAt(row, slot)]! += by;
    }
  }

  private excuse(change: OpenChange): void {
    change.expected -= 1;
    this.closeIfDone(change);
  }

  private hasOpenBefore(sequence: number): boolean {
    const oldest = this.open.keys().next();
    return !oldest.done && oldest.value < sequence;
  }

  private closeIfDone(change: OpenChange): void {
    if (change.acked.length >= change.expected) this.close(change);
  }

  private close(change: OpenChange): void {
    if (!this.open.has(change.sequence)) return;
    this.forget(change);
    this.options.onHeld(change.report());
  }

  /** Keeps what is waited for bounded. */
  closeOverdue(nowMs: number): void {
    const most = Math.min(MAX_OPEN_CHANGES, Math.max(2, MAX_OPEN_LATENCIES / Math.max(1, this.countingRows)));
    for (const change of this.open.values()) {
      if (this.open.size <= most && nowMs - change.intendedMs < MAX_WAIT_MS) return;
      this.close(change);
    }
  }

  /** Nothing more will come: tells of every change that is still waited for. */
  closeAll(): void {
    for (const change of [...this.open.values()]) this.close(change);
  }

  private forget(change: OpenChange): void {
    this.open.delete(change.sequence);
    const list = change.index < 0 ? this.openWide : this.openOf[change.index]!;
    list.splice(list.indexOf(change), 1);
  }
}

/** What a stream lacks: how many resources, and the first: which change it holds (-1: not even the resource) and which is due. */
export interface Behind {
  readonly count: number;
  readonly first: { readonly index: number; readonly held: number; readonly due: number } | undefined;
}

/** A name that a row unsubscribed from: changes of it before `from` are not the row's; infinity: it is still out. */
interface Exception {
  readonly index: number;
  readonly slot: number;
  /** In which it was before. */
  readonly state: number;
  from: number;
}

const NONE: readonly OpenChange[] = [];
