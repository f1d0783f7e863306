import assert from "node:assert/strict";
import { test } from "node:test";
import { Book } from "../../src/load/book.ts";
import type { Report } from "../../src/run/messages.ts";
import { type Content, NO_VERSION } from "../../src/workload/content.ts";

const RESOURCES = 4;

interface Opened {
  readonly book: Book;
  readonly held: Extract<Report, { kind: "held" }>[];
  /** A stream gets resources in these states (changes), and ACKs a millisecond later. */
  push(row: number, atMs: number, ...marks: readonly (readonly [index: number, change: number])[]): void;
  change(sequence: number, intendedMs: number, resources: readonly number[] | "all"): void;
}

/** A book of streams that ask for `size` resources each, synced. */
function openBook(rows: number, size = RESOURCES): Opened {
  const held: Opened["held"] = [];
  const book = new Book({
    rows,
    resources: RESOURCES,
    windowOf: (row) => ({ start: (row * size) % RESOURCES, size }),
    isOrdered: true,
    isAbsenceRemoval: false,
    onHeld: (report) => held.push(report),
  });
  const push: Opened["push"] = (row, atMs, ...marks) => {
    book.take(row, contentOf(marks), atMs);
    book.acked(atMs + 1);
  };
  for (let row = 0; row < rows; row++) {
    for (let slot = 0; slot < size; slot++) push(row, 0, [book.indexAt(row, slot), 0]);
    book.join(row);
  }
  return {
    book,
    held,
    push,
    change: (sequence, intendedMs, resources) => book.note({ sequence, intendedMs, resources }, intendedMs),
  };
}

test("a push that covers several changes satisfies each, from its own intended time", () => {
  const { held, push, change } = openBook(2);
  for (const sequence of [1, 2, 3]) change(sequence, 100 * sequence, [1]);
  push(0, 250, [1, 2]);
  push(1, 400, [1, 3]);
  push(0, 500, [1, 3]);
  assert.deepEqual(
    held.map(({ sequence, receivedMs, ackedMs, missing }) => [sequence, [...receivedMs], [...ackedMs], missing]),
    [
      [1, [150, 300], [151, 301], 0],
      [2, [50, 200], [51, 201], 0],
      [3, [100, 200], [101, 201], 0],
    ],
  );
});

test("only streams that ask for a resource are waited for; a change of all is held with the last of its resources", () => {
  const { held, push, change } = openBook(2, 2);
  change(1, 0, [2]);
  push(1, 10, [2, 1]);
  assert.deepEqual([...held[0]!.receivedMs], [10]);
  change(2, 20, "all");
  push(0, 30, [0, 2]);
  push(0, 40, [1, 2]);
  push(1, 50, [2, 2], [3, 2]);
  assert.deepEqual([...held[1]!.receivedMs], [20, 30]);
});

test("who leaves is excused, and who comes back counts from the next change on", () => {
  const { book, held, push, change } = openBook(2);
  change(1, 0, [0]);
  push(0, 10, [0, 1]);
  book.leave(1);
  assert.deepEqual([[...held[0]!.receivedMs], held[0]!.missing], [[10], 0]);
  change(2, 20, [0]);
  push(1, 30, [0, 2]);
  book.join(1);
  push(0, 40, [0, 2]);
  assert.deepEqual([...held[1]!.receivedMs], [20]);
  change(3, 50, [0]);
  push(0, 60, [0, 3]);
  push(1, 70, [0, 3]);
  assert.deepEqual([...held[2]!.receivedMs], [10, 20]);
});

test("a change that failed is nobody's debt; one that came is", () => {
  const { book, held, change, push } = openBook(1);
  change(1, 0, [0]);
  change(2, 0, [0]);
  change(3, 0, [0]);
  book.fail(3);
  book.fail(2);
  assert.deepEqual(book.behind(0), { count: 1, first: { index: 0, held: 0, due: 1 } });
  push(0, 5, [0, 1]);
  assert.equal(book.behind(0).count, 0);
  assert.deepEqual(
    held.map(({ sequence }) => sequence),
    [1],
  );
});

test("of changes that failed one after the other, none is due", () => {
  const { book, change } = openBook(1);
  for (const sequence of [1, 2, 3]) change(sequence, 0, [0]);
  for (const sequence of [1, 2, 3]) book.fail(sequence);
  assert.equal(book.behind(0).count, 0);
});

test("a resource that is removed and comes again brings the changes since; who never gets it back lacks it", () => {
  const { book, held, push, change } = openBook(2);
  change(1, 0, [0]);
  push(1, 5, [0, 1]);
  book.take(0, { ...contentOf([]), removed: [0] }, 6);
  assert.deepEqual([[...held[0]!.receivedMs], held[0]!.missing], [[5], 0]);
  change(2, 10, [0]);
  push(0, 20, [0, 2]);
  push(1, 30, [0, 2]);
  assert.deepEqual([[...held[1]!.receivedMs], held[1]!.missing], [[10, 20], 0]);
  book.take(1, { ...contentOf([]), removed: [0] }, 40);
  assert.deepEqual([book.behind(0).count, book.behind(1).count], [0, 1]);
});

test("an older state is told with what was held before; the stream then owes it again", () => {
  const { book, change, push } = openBook(1);
  change(1, 0, [0]);
  push(0, 1, [0, 1]);
  book.take(0, contentOf([[0, 0]]), 2);
  assert.deepEqual([book.older, book.olderIndex, book.olderState], [1, 0, 1]);
  assert.deepEqual(book.behind(0), { count: 1, first: { index: 0, held: 0, due: 1 } });
});

test("what is waited for is bounded in number and time: then it is told with who lacks it", () => {
  const { book, held, change } = openBook(1);
  for (let sequence = 1; sequence <= 10_001; sequence++) change(sequence, sequence, [0]);
  assert.equal(book.openCount, 10_000);
  assert.deepEqual([held[0]!.sequence, held[0]!.missing, held[0]!.receivedMs.length], [1, 1, 0]);
  book.closeOverdue(1_000_000);
  assert.equal(book.openCount, 0);
});

test("a name that is given up is nobody's debt until it is there again, and must come back no older", () => {
  const { book, held, push, change } = openBook(2);
  change(1, 0, [2]);
  push(0, 1, [2, 1]);
  push(1, 1, [2, 1]);
  assert.equal(book.unsubscribe(0, 2), true);
  change(2, 10, [2]);
  push(0, 11, [2, 2]); // crossed the request, and is not taken
  push(1, 12, [2, 2]);
  assert.deepEqual([...held[1]!.receivedMs], [2]);
  assert.equal(book.resubscribe(0, 2), true);
  assert.equal(book.isWhole(0), false);
  book.take(0, contentOf([[2, 0]]), 20);
  assert.equal(book.older, 1);
  assert.equal(book.isWhole(0), true);
});

function contentOf(marks: readonly (readonly [index: number, change: number])[]): Content {
  return {
    version: NO_VERSION,
    count: marks.length,
    indexes: Int32Array.from(marks, ([index]) => index),
    states: Uint32Array.from(marks, ([, change]) => change + 1),
    versions: [],
    removed: [],
    heartbeats: 0,
    digest: 0,
    fault: undefined,
  };
}
