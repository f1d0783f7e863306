import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTranscript, follow } from "../support/registry-transcript.ts";

test("what is older than what is known is dropped, by incarnation and then by sequence", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    register p-1 1.5 port=81
    < put p-1 1.5 :81 UP of a
    < p-1 changed
    < #2: made
    register p-1 1.4 port=82
    < late
    register p-1 2.1 port=83
    < put p-1 2.1 :83 UP of a
    < p-1 changed
    < #4: made
    register p-1 1.9 port=84
    < late
    deregister p-1 1.10
    < late
    `,
  );
});

test("a message that comes twice is answered as before; another one in its place is dropped", () => {
  follow(
    createTranscript(["a"]),
    `
    store slow
    register p-1 1.1
    register p-1 1.1
    store fast
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    < #2: made
    register p-1 1.1
    < done
    register p-1 1.1 port=81
    < late
    deregister p-1 1.2
    < remove p-1
    < p-1 deregistered
    < #5: made
    deregister p-1 1.2
    < done
    `,
  );
});

test("a registration that says what is known is not written, and orders what comes later", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    register p-1 1.3
    < done
    register p-1 1.2 port=81
    < late
    `,
  );
});

test("each heartbeat of the present life counts once", () => {
  follow(
    createTranscript(["a"]),
    `
    beat p-1 1.1
    < unknown
    register p-1 2.1
    < put p-1 2.1 :8080 UP of a
    < p-1 registered
    < #1: made
    beat p-1 2.3
    < heard
    beat p-1 2.3
    < again
    beat p-1 2.2
    < late
    beat p-1 1.9
    < dead
    beat p-1 3.1
    < unknown
    beat p-1
    < heard
    beat p-1
    < heard
    `,
  );
});

test("what comes late of a life that ended does not revive it, even if its end came first", () => {
  follow(
    createTranscript(["a"], { tombstoneMs: 5_000 }),
    `
    register p-1 1.1
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    deregister p-1 1.9
    < remove p-1
    < p-1 deregistered
    < #2: made
    beat p-1 1.10
    < dead
    register p-1 1.8
    < late
    deregister p-2 4.2
    < unknown
    register p-2 4.1
    < late
    register p-2 5.1
    < put p-2 5.1 :8080 UP of a
    < p-2 registered
    < #6: made
    after 6000
    register p-1 1.8
    < put p-1 1.8 :8080 UP of a
    < p-1 registered
    < #7: made
    `,
  );
});

test("what a message leaves unsaid follows on what is known", () => {
  follow(
    createTranscript(["a"]),
    `
    after 700
    register p-1
    < put p-1 700.1 :8080 UP of a
    < p-1 registered
    < #1: made
    register p-1 port=81
    < put p-1 700.2 :81 UP of a
    < p-1 changed
    < #2: made
    deregister p-1
    < remove p-1
    < p-1 deregistered
    < #3: made
    register p-1
    < put p-1 701.1 :8080 UP of a
    < p-1 registered
    < #4: made
    deregister p-2
    < unknown
    `,
  );
});

test("what is decided while an older decision is being written replaces it", () => {
  follow(
    createTranscript(["a"]),
    `
    store slow
    register p-1 1.1
    register p-1 1.2 port=81
    register p-1 1.4 port=84
    register p-1 1.3 port=83
    < late
    beat p-1 1.5
    < heard
    store fast
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    < put p-1 1.4 :84 UP of a
    < p-1 changed
    < #2: made
    < #3: made
    `,
  );
});

test("what the store could not take does not count: it may be sent again as it was", () => {
  follow(
    createTranscript(["a"]),
    `
    store gone
    register p-1 1.1
    < fails to put p-1 1.1 :8080 UP of a
    < #1: failed
    beat p-1 1.2
    < unknown
    store back
    register p-1 1.1
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #2: made
    store gone
    deregister p-1 1.2
    < fails to remove p-1
    < #3: failed
    store back
    beat p-1 1.3
    < heard
    `,
  );
});

test("a registration that repeats what an end under way takes away is written anew", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1 ttl=1000
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    after 1000
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    store slow
    after 1000
    register p-1 1.2 ttl=1000
    store fast
    < remove p-1
    < p-1 expired
    < put p-1 1.2 :8080 UP of a
    < p-1 registered
    < #2: made
    `,
  );
});

test("what ended before it was written is not revived either", () => {
  follow(
    createTranscript(["a"]),
    `
    store slow
    register p-2 1.1
    register p-1 1.1
    deregister p-1 1.9
    store fast
    < put p-2 1.1 :8080 UP of a
    < p-2 registered
    < #1: made
    < remove p-1
    < #2: made
    < #3: made
    register p-1 1.8
    < late
    `,
  );
});

/** A message at each position, in any order, each any number of times, some while the store is slow. */
const messages = fc
  .uniqueArray(fc.record({ incarnation: fc.integer({ min: 1, max: 3 }), sequence: fc.integer({ min: 1, max: 6 }) }), {
    selector: ({ incarnation, sequence }) => `${incarnation}.${sequence}`,
    minLength: 1,
  })
  .chain((positions) =>
    fc.record({
      said: fc.tuple(
        ...positions.map((position) =>
          fc.record({
            position: fc.constant(position),
            verb: fc.constantFrom("register", "register", "deregister", "beat"),
            port: fc.integer({ min: 1, max: 3 }),
          }),
        ),
      ),
      order: fc.array(fc.nat(), { minLength: positions.length, maxLength: 40 }),
      store: fc.array(fc.constantFrom("store slow", "store fast", ""), { maxLength: 40 }),
    }),
  );

test("whatever the order and however often messages come, what is kept is what the newest says", () => {
  fc.assert(
    fc.property(messages, ({ said, order, store }) => {
      const lineOf = ({ verb, position, port }: (typeof said)[number]) =>
        `${verb} p-1 ${position.incarnation}.${position.sequence}${verb === "register" ? ` port=${port}` : ""}`;
      const lines = order.flatMap((n, i) => [lineOf(said[n % said.length]!), store[i] ?? ""]);
      const transcript = createTranscript(["a"]);
      const story = transcript.run([...lines, ...said.map(lineOf), "store fast"].join("\n"));
      const [newest] = said
        .filter(({ verb }) => verb !== "beat")
        .sort(({ position: a }, { position: b }) => b.incarnation - a.incarnation || b.sequence - a.sequence);
      const kept = transcript.book("a").services.get("s")?.entries.get("p-1")?.stored;
      assert.equal(kept?.port, newest?.verb === "register" ? newest.port : undefined, story);
    }),
  );
});
