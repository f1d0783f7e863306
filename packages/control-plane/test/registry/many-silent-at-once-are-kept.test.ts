import assert from "node:assert/strict";
import { test } from "node:test";
import { createTranscript, follow, type Transcript } from "../support/registry-transcript.ts";

const ALL = ["p-1", "p-2", "p-3", "p-4", "p-5"];

/** Five instances, each heard at another moment, as in life. */
function five(): Transcript {
  const transcript = createTranscript(["a"]);
  transcript.run(ALL.map((id) => `register ${id} 1.1 ttl=1000\nafter 60`).join("\n"));
  return transcript;
}

const beatAll = (ids: readonly string[], times: number) => `beats ${ids.join(" ")}\nafter 300\n`.repeat(times);

test("when all fall silent none is touched, and an alarm tells it", () => {
  follow(
    five(),
    `
    after 1000
    < mass-expiry s raised 4 5
    after 60000
    `,
  );
});

test("the alarm ends when they are heard again, and who is still silent has a full TTL", () => {
  const transcript = five();
  transcript.run("after 5000");
  follow(
    transcript,
    `
    beats p-1 p-2
    after 100
    beats p-3
    after 100
    < mass-expiry s recovered 2 5
    after 500
    beats p-1 p-2 p-3 p-4
    after 400
    beats p-1 p-2 p-3 p-4
    after 200
    < put p-5 1.1 :8080 unhealthy of a
    < p-5 unhealthy
    `,
  );
});

test("an operator may say that they are gone", () => {
  const transcript = five();
  transcript.run("after 5000");
  const story = transcript.run(`${beatAll(["p-1"], 3)}accept s`);
  assert.match(
    story,
    /accept s\n< mass-expiry s accepted 4 5\n< 4 gone\n(< put p-[2-5] 1.1 :8080 unhealthy of a\n){4}/,
  );
  assert.match(transcript.run(beatAll(["p-1"], 10)), /remove p-2/);
  assert.equal(transcript.book("a").size, 1);
  assert.equal(transcript.run("accept s"), "accept s\n< undefined gone");
});

test("fewer expire as ever, the last ones too if they go one by one", () => {
  const transcript = five();
  assert.match(
    transcript.run(beatAll(["p-1", "p-2", "p-3"], 10)),
    /remove p-4[\s\S]*remove p-5|remove p-5[\s\S]*remove p-4/,
  );
  assert.match(transcript.run(beatAll(["p-1", "p-2"], 10)), /remove p-3/);
  assert.match(transcript.run(beatAll(["p-1"], 10)), /remove p-2/);
  assert.match(transcript.run("after 5000"), /remove p-1/);
  assert.equal(transcript.book("a").size, 0);
});

test("who is late is waited for while that decides whether it is many", () => {
  // p-1 to p-3 are due first; p-4 and p-5 have been silent for long enough to be suspected.
  const transcript = createTranscript(["a"]);
  transcript.run(ALL.map((id) => `register ${id} 1.1 ttl=1000`).join("\n"));
  transcript.run("after 400\nbeats p-3 p-4 p-5");
  follow(
    transcript,
    `
    after 950
    beats p-3 p-4 p-5
    after 100
    < put p-1 1.1 :8080 unhealthy of a
    < put p-2 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    < p-2 unhealthy
    `,
  );
});

test("replicas that each hear a part of them don't let all go one after the other", () => {
  const transcript = createTranscript(["a", "b", "c"]);
  const nine = Array.from({ length: 9 }, (_, index) => ({ id: `p-${index}`, by: "abc"[index % 3]! }));
  transcript.run(nine.map(({ id, by }) => `${by}: register ${id} 1.1 ttl=1000\nafter 30`).join("\n"));
  const story = transcript.run("after 60000");
  assert.match(story, /b: mass-expiry s raised 6 9/);
  assert.doesNotMatch(story, /recovered/);
  assert.equal(transcript.book("b").size, 6, "half of them at most are gone");
  const ofB = nine.filter(({ by }) => by === "b").map(({ id }) => `b: beat ${id}`);
  assert.match(transcript.run(`${ofB.join("\n")}\nafter 200`), /b: mass-expiry s recovered/);
});

test("replicas that let theirs expire at the same moment take it back", () => {
  const transcript = createTranscript(["a", "b", "c"]);
  const nine = Array.from({ length: 9 }, (_, index) => `${"abc"[index % 3]}: register p-${index} 1.1 ttl=1000`);
  transcript.run(nine.join("\n"));
  transcript.run("after 900\nstore slow\nafter 200\nstore fast"); // none hears of the others before it has decided
  const story = transcript.run("after 60000");
  assert.match(story, /mass-expiry s raised 9 9\n(< a: put p-[036] 1.1 :8080 UP of a\n){3}/);
  assert.doesNotMatch(story, /recovered/);
  assert.equal(transcript.book("a").size, 6);
});

test("a share of 100 % turns it off", () => {
  const transcript = createTranscript(["a"], { massExpiryPercent: 100 });
  transcript.run(ALL.map((id) => `register ${id} 1.1 ttl=1000`).join("\n"));
  transcript.run("after 5000");
  assert.equal(transcript.book("a").size, 0);
});
