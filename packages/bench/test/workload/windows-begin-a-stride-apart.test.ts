import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { windowOf } from "../../src/workload/window.ts";

const startsOf = (stride: number | undefined, clients = 4) =>
  Array.from({ length: clients }, (_, client) => {
    const workload = { subscribe: { each: 10 }, count: 25, ...(stride !== undefined && { stride }) };
    return windowOf(workload, client).start;
  });

test("a stream's names begin where its predecessor's end, around the end; with a stride so far after; with none at the same", () => {
  deepEqual(startsOf(undefined), [0, 10, 20, 5]);
  deepEqual(startsOf(3), [0, 3, 6, 9]);
  deepEqual(startsOf(0), [0, 0, 0, 0]);
});
