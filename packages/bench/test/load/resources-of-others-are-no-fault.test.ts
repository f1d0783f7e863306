import assert from "node:assert/strict";
import { test } from "node:test";
import { Book } from "../../src/load/book.ts";
import { Fleet } from "../../src/load/fleet.ts";
import { Tally } from "../../src/load/tally.ts";
import { type Content, NO_VERSION } from "../../src/workload/content.ts";
import { ResponseReader } from "../../src/workload/response-reader.ts";
import { planWith } from "../support/plan.ts";

const OTHERS = { indexes: Int32Array.of(-1), states: Uint32Array.of(0), count: 1 };

test("who asks for everything may be told of resources beside the workload's, alone too", () => {
  const { enter, counts } = openFleet(true);
  enter({ indexes: Int32Array.of(0, -1), states: Uint32Array.of(1, 0), count: 2 });
  enter(OTHERS);
  enter({ removed: [-1] });
  assert.deepEqual([counts.malformed, counts.unchanged], [0, 0]);
  enter({ indexes: Int32Array.of(0), states: Uint32Array.of(1), count: 1 });
  assert.equal(counts.unchanged, 1);
});

test("who asks by name is told of no others", () => {
  const { enter, counts } = openFleet(false);
  enter({ indexes: Int32Array.of(0), states: Uint32Array.of(1), count: 1 });
  enter(OTHERS);
  assert.equal(counts.malformed, 1);
});

test("a heartbeat brings nothing new, and rightly so", () => {
  const { enter, counts } = openFleet(false);
  enter({ indexes: Int32Array.of(0), states: Uint32Array.of(1), count: 1 });
  enter({ heartbeats: 1 });
  assert.deepEqual([counts.malformed, counts.unchanged], [0, 0]);
});

test("a stream that ended twice on its way came back from both", () => {
  const { fleet, client, enter, counts } = openFleet(false);
  fleet.openClient(0);
  enter({ indexes: Int32Array.of(0), states: Uint32Array.of(1), count: 1 });
  for (let end = 0; end < 2; end++) fleet.ended(client, { code: "target-refused", message: "reset" });
  fleet.openClient(0);
  fleet.answered(client);
  fleet.close();
  assert.deepEqual([counts.ended, counts.reconnected], [2, 2]);
});

/** A fleet of one client that has one resource. */
function openFleet(isWildcard: boolean) {
  const { workload } = planWith({});
  const book = new Book({
    rows: 1,
    resources: 1,
    windowOf: () => ({ start: 0, size: 1 }),
    isOrdered: true,
    isAbsenceRemoval: false,
    onHeld: () => undefined,
  });
  const tally = new Tally();
  const fleet = new Fleet({
    book,
    tally,
    reader: new ResponseReader(workload, "delta"),
    behaviours: [{ kind: "healthy" }],
    isAnyWhole: false,
    isWildcard,
    onFatal: () => undefined,
  });
  const client = { number: 0, row: 0, awaited: 0, open() {}, close() {}, synced() {} };
  fleet.clients.push(client);
  const enter = (content: Partial<Content>) => fleet.enter(client, { ...NOTHING, ...content }, 1, 0);
  return { fleet, client, enter, counts: tally.counts };
}

const NOTHING: Content = {
  version: NO_VERSION,
  count: 0,
  indexes: new Int32Array(0),
  states: new Uint32Array(0),
  versions: [],
  removed: [],
  heartbeats: 0,
  digest: 0,
  fault: undefined,
};
