import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTranscript, follow } from "../support/registry-transcript.ts";

const REGISTERED = `
  a: register p-1 1.1 ttl=1000
  < a: put p-1 1.1 :8080 UP of a
  < a: p-1 registered
  < a: #1: made`;

test("heartbeats that come to another replica are passed on together, and cost no write", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    after 900
    b: beat p-1 1.2
    < b: forwarded
    b: beat p-1 1.3
    < b: forwarded
    b: forward
    < b: to a: p-1 1.3
    after 900
    b: beat p-1
    < b: forwarded
    b: forward
    < b: to a: p-1 1.0
    after 900
    b: forward
    after 100
    < a: put p-1 1.1 :8080 unhealthy of a
    < a: p-1 unhealthy
    `,
  );
});

test("an instance whose owner can't be reached moves to the replica that it talks to", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    b: beat p-1 1.2
    < b: forwarded
    b: forward fails
    < b: to a: p-1 1.2
    b: forward again
    < b: to a: p-1 1.2
    < b: put p-1 1.1 :8080 UP of b
    after 900
    b: beat p-1 1.3
    < b: heard
    `,
  );
});

test("a change is written by the replica that hears of it, which then owns the instance", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    b: register p-1 1.2 port=81 ttl=1000
    < b: put p-1 1.2 :81 UP of b
    < b: p-1 changed
    < b: #2: made
    a: beat p-1 1.3
    < a: forwarded
    a: deregister p-1 1.4
    < a: remove p-1
    < b: p-1 deregistered
    < a: #3: made
    `,
  );
});

test("of two changes at a time the newer stays, whoever writes first", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    store slow
    a: register p-1 1.2 port=82
    b: register p-1 1.3 port=83
    store fast
    < a: put p-1 1.2 :82 UP of a
    < a: p-1 changed
    < a: #2: made
    < b: too late to put p-1 1.3 :83 UP of b
    < b: put p-1 1.3 :83 UP of b
    < b: p-1 changed
    < b: #3: made
    store slow
    b: register p-1 1.4 port=84
    a: register p-1 1.5 port=85
    store fast
    < a: put p-1 1.5 :85 UP of a
    < a: p-1 changed
    < a: #5: made
    < b: too late to put p-1 1.4 :84 UP of b
    < b: #4: late
    `,
  );
});

test("one of the others adopts what a dead replica owned by one write, and gives each a full TTL", () => {
  follow(
    createTranscript(["a", "b", "c"], { massExpiryPercent: 100 }),
    `${REGISTERED}
    a: register p-2 1.1 ttl=1000
    < a: put p-2 1.1 :8080 UP of a
    < a: p-2 registered
    < a: #2: made
    after 800
    cut a
    members b c
    b: beat p-1 1.2
    < b: heard
    after 600
    < a: fails to put p-1 1.1 :8080 unhealthy of a
    < a: fails to put p-2 1.1 :8080 unhealthy of a
    < b: adopt a
    < b: adopted a b 2
    < c: adopted a b 2
    after 900
    < a: fails to put p-1 1.1 :8080 unhealthy of a
    < a: fails to put p-2 1.1 :8080 unhealthy of a
    b: beat p-1 1.3
    < b: heard
    after 100
    < b: put p-2 1.1 :8080 unhealthy of b
    < b: p-2 unhealthy
    `,
  );
});

test("an instance that talks to a third replica moves there, once", () => {
  follow(
    createTranscript(["a", "b", "c"]),
    `${REGISTERED}
    cut a
    members b c
    after 600
    < b: adopt a
    < b: adopted a b 1
    < c: adopted a b 1
    c: beat p-1 1.2
    < c: heard
    < c: put p-1 1.1 :8080 UP of c
    b: beat p-1 1.3
    < b: forwarded
    c: beat p-1 1.4
    < c: heard
    `,
  );
});

test("a replica that was cut off lets go of what another adopted, and takes back who talks to it", () => {
  follow(
    createTranscript(["a", "b"], { massExpiryPercent: 100 }),
    `${REGISTERED}
    a: register p-2 1.1 ttl=1000
    < a: put p-2 1.1 :8080 UP of a
    < a: p-2 registered
    < a: #2: made
    after 900
    cut a
    members b
    after 600
    < a: fails to put p-1 1.1 :8080 unhealthy of a
    < a: fails to put p-2 1.1 :8080 unhealthy of a
    < b: adopt a
    < b: adopted a b 2
    heal a
    < a: adopted a b 2
    members a b
    after 400
    a: beat p-1 1.2
    < a: heard
    < a: put p-1 1.1 :8080 UP of a
    after 600
    < b: put p-2 1.1 :8080 unhealthy of b
    < b: p-2 unhealthy
    after 300
    a: beat p-1 1.3
    < a: heard
    after 700
    < b: remove p-2
    < b: p-2 expired
    `,
  );
});

test("what a cut-off replica is about to write of silence does not count after it was adopted", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    store slow
    after 1000
    cut a
    members b
    store fast
    < a: fails to put p-1 1.1 :8080 unhealthy of a
    after 600
    < b: adopt a
    < b: adopted a b 1
    `,
  );
});

test("cut off itself, a replica tells another what it hears", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    cut a
    members b
    after 600
    < b: adopt a
    < b: adopted a b 1
    a: beat p-1 1.2
    < a: heard
    after 900
    a: forward
    < a: to b: p-1 1.2
    after 900
    < a: fails to put p-1 1.1 :8080 unhealthy of a
    b: beat p-1 1.3
    < b: heard
    `,
  );
});

test("an instance that was taken away elsewhere may come back while something else of it was to be written", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    a: register p-2 1.1
    < a: put p-2 1.1 :8080 UP of a
    < a: p-2 registered
    < a: #2: made
    cut a
    b: deregister p-1 1.5
    < b: remove p-1
    < b: #3: made
    store slow
    a: register p-2 1.2 port=81
    after 1000
    heal a
    < a: p-1 deregistered
    a: register p-1 2.1
    store fast
    < a: put p-2 1.2 :81 UP of a
    < a: p-2 changed
    < a: #4: made
    < a: put p-1 2.1 :8080 UP of a
    < a: p-1 registered
    < a: #5: made
    a: beat p-1 2.2
    < a: heard
    `,
  );
});

test("who deregisters what another replica takes away at the same time is told that it is gone, and the newest end stays known", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    cut b
    a: register p-1 1.6 port=81
    < a: put p-1 1.6 :81 UP of a
    < a: p-1 changed
    < a: #2: made
    a: deregister p-1 1.7
    < a: remove p-1
    < a: p-1 deregistered
    < a: #3: made
    store slow
    b: deregister p-1 1.4
    heal b
    store fast
    < b: too late to remove p-1
    < b: #4: made
    b: register p-1 1.5
    < b: late
    `,
  );
});

test("a replica that is back is not adopted", () => {
  follow(
    createTranscript(["a", "b"]),
    `${REGISTERED}
    store slow
    b: register p-2 1.1
    cut a
    members b
    after 600
    heal a
    members a b
    store fast
    < b: put p-2 1.1 :8080 UP of b
    < b: p-2 registered
    < b: #2: made
    after 300
    a: beat p-1 1.2
    < a: heard
    `,
  );
});

test("a heartbeat that could not be passed on follows its instance to another owner", () => {
  follow(
    createTranscript(["a", "b", "c"]),
    `${REGISTERED}
    b: beat p-1 1.2
    < b: forwarded
    c: register p-1 1.3 port=81
    < c: put p-1 1.3 :81 UP of c
    < c: p-1 changed
    < c: #2: made
    b: forward again
    < b: to a: p-1 1.3
    b: forward
    < b: to c: p-1 1.3
    `,
  );
});

/** What happens to three replicas, of which the first is gone for a while. */
const events = fc.array(
  fc.record({
    replica: fc.constantFrom("a", "b", "c"),
    event: fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant("register p-1 1."), fc.integer({ min: 1, max: 30 })) },
      { weight: 6, arbitrary: fc.tuple(fc.constant("beat p-1 1."), fc.integer({ min: 1, max: 60 })) },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom("after ", "after 1"), fc.constantFrom(100, 400)) },
      fc.tuple(fc.constantFrom("store slow", "store fast", "forward", "cut a", "heal a"), fc.constant("")),
    ),
  }),
  { maxLength: 60 },
);

test("replicas come to agree on the newest registration and its owner, whatever happens to them", () => {
  fc.assert(
    fc.property(events, (events) => {
      const transcript = createTranscript(["a", "b", "c"]);
      const lines = events.flatMap(({ replica, event: [verb, argument] }) => {
        const line = `${replica}: ${verb}${argument}`;
        if (verb === "cut a") return [line, "members b c"];
        if (verb === "heal a") return [line, "members a b c"];
        return verb.startsWith("register") ? `${line} port=${1000 + Number(argument)} ttl=60000` : line;
      });
      const story = transcript.run([...lines, "heal a", "members a b c", "store fast", "after 1000"].join("\n"));
      const sent = [...story.matchAll(/register p-1 1\.(\d+) port=(\d+)/g)];
      const known = ["a", "b", "c"].map((name) => transcript.book(name).services.get("s")?.entries.get("p-1"));
      const newest = Math.max(0, ...[...story.matchAll(/< \w: put p-1 1\.(\d+)/g)].map(([, n]) => Number(n)));
      for (const entry of known) {
        assert.equal(entry?.stored?.sequence, known[0]?.stored?.sequence, story);
        assert.equal(entry?.owner, known[0]?.owner, story);
        assert.equal(entry?.stored?.sequence ?? 0, newest, story);
      }
      assert.ok(sent.length > 0 || newest === 0);
    }),
  );
});
