import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { createLink, Link, portsOf } from "../../src/server/workers/link.ts";
import { mostBytesPerRecord, RingReader, RingWriter, ringMemory } from "../../src/server/workers/ring.ts";
import { waitFor } from "../support/wait-for.ts";

test("whatever is put and taken by turns, a ring gives each record once, whole and in order, and refuses what has no room", () => {
  const memory = ringMemory(1_024);
  const record = fc.record({ kind: fc.constant("put" as const), bytes: fc.nat(mostBytesPerRecord(memory)) });
  const taking = fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 1, max: 2_048 }) });
  fc.assert(
    fc.property(fc.array(fc.oneof(record, record, taking), { maxLength: 200 }), (steps) => {
      const fresh = ringMemory(1_024);
      const [writer, reader] = [new RingWriter(fresh), new RingReader(fresh)];
      let [put, taken, unread] = [0, 0, 0];
      const take = (most: number) =>
        reader.take((kind, a, b, bytes) => {
          assert.deepEqual([kind, a, b], [7, taken, bytes.length]);
          assert.ok(bytes.every((byte) => byte === taken % 251));
          taken += 1;
          unread -= 1;
        }, most);
      for (const step of steps) {
        if (step.kind === "take") take(step.bytes);
        else if (writer.put(7, put, step.bytes, new Uint8Array(step.bytes).fill(put % 251))) {
          put += 1;
          unread += 1;
          writer.publish();
        } else assert.ok(unread > 0, "an empty ring refuses nothing");
      }
      while (!reader.isEmpty) take(64);
      assert.equal(taken, put);
    }),
    { numRuns: 300 },
  );
});

test("behind a record larger than what is taken at once, bytes that were read before are no record", () => {
  const memory = ringMemory(1_024);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  const sizes = [...new Array<number>(8).fill(100), 200, 200]; // eight fill it: the others lie over those
  const taken: number[] = [];
  for (const size of sizes) {
    assert.ok(writer.put(1, 0, 0, new Uint8Array(size).fill(0x90))); // as a length it would be negative
    writer.publish();
    while (!reader.isEmpty) reader.take((_kind, _a, _b, { length }) => taken.push(length), 64);
  }
  assert.deepEqual(taken, sizes);
});

test("a reader that goes to sleep is woken by the next record, and a writer that waits by the next room", () => {
  const memory = ringMemory(1_024);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  assert.ok(reader.sleep());
  writer.put(1, 0, 0);
  assert.equal(writer.publish(), true, "it sleeps");
  assert.equal(writer.publish(), false, "it was woken");
  assert.equal(reader.sleep(), false, "there is something to read");
  while (writer.put(1, 0, 0, new Uint8Array(200))) writer.publish();
  writer.awaitRoom();
  assert.equal(
    reader.take(() => {}, 1),
    true,
    "the writer waits",
  );
  assert.equal(
    reader.take(() => {}, 1),
    false,
    "it was told",
  );
  assert.ok(writer.hasRoom(200));
});

test("through two full rings and back, with another thread, nothing is lost, changed or out of order", async (t) => {
  const [here, there] = createLink();
  const peer = new Worker(new URL("./link-peer.ts", import.meta.url), {
    workerData: there,
    transferList: portsOf(there),
  });
  const back: string[] = [];
  let wasBacklogged = false;
  const link: Link = new Link(here, {
    onRecord(kind, a, b, bytes) {
      const attached = kind === 2 ? link.takeAttachment().byteLength : 0;
      back.push(`${a} ${b} ${bytes.length} ${bytes.every((byte) => byte === a % 251)} ${attached}`);
    },
    beforeFlush() {},
    onRoom() {},
    onFault(error) {
      throw error;
    },
  });
  t.after(async () => {
    link.close();
    await peer.terminate();
  });
  const sent: string[] = [];
  const sizes = [0, 1, 7, 8, 9, 100, 4_000, link.mostBytes];
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < 50; index++) {
      const a = sent.length;
      const size = sizes[(a * 7) % sizes.length]!;
      const attached = a % 97 === 0 ? new ArrayBuffer(3_000_000) : undefined;
      sent.push(`${a} ${size} ${size} true ${attached?.byteLength ?? 0}`);
      link.put(attached ? 2 : 1, a, size, new Uint8Array(size).fill(a % 251), undefined, attached);
    }
    wasBacklogged ||= link.isBacklogged;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor("all to come back", () => back.length === sent.length, 30_000);
  assert.deepEqual(back, sent);
  assert.ok(wasBacklogged, "the rings were full at times");
});

test("large records do not take a turn of the event loop each, and what else is at hand comes in between", async (t) => {
  const [here, there] = createLink();
  const turns: number[] = [];
  let visited = 0;
  const handler = {
    onRecord() {
      if (visited === 0) {
        queueMicrotask(() => {
          turns.push(visited);
          visited = 0;
        });
      }
      visited += 1;
    },
    beforeFlush() {},
    onRoom() {},
    onFault(error: unknown) {
      throw error;
    },
  };
  const [writer, reader] = [new Link(here, handler), new Link(there, handler)];
  t.after(() => {
    writer.close();
    reader.close();
  });
  const come = (count: number) => waitFor("all to come", () => turns.reduce((sum, each) => sum + each, 0) === count);
  for (let index = 0; index < 6; index++) writer.put(1, 0, 0, new Uint8Array(80_000));
  await come(6);
  for (let index = 0; index < 25; index++) writer.put(1, 0, 0, new Uint8Array(20_000));
  await come(31);
  assert.deepEqual(turns, [6, 16, 9]);
});
