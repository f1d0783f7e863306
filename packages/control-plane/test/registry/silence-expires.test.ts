import assert from "node:assert/strict";
import { test } from "node:test";
import { createTranscript, follow } from "../support/registry-transcript.ts";

test("an instance without heartbeats is unhealthy after its TTL, and removed a while later", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1 ttl=1000
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    after 900
    beat p-1 1.2
    < heard
    after 900
    after 100
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    after 900
    after 100
    < remove p-1
    < p-1 expired
    beat p-1 1.3
    < dead
    register p-1 1.4 ttl=1000
    < put p-1 1.4 :8080 UP of a
    < p-1 registered
    < #2: made
    `,
  );
});

test("a heartbeat heals what is unhealthy, and undoes an end that is not written yet", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1 ttl=1000
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    after 1500
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    beat p-1 1.2
    < heard
    < put p-1 1.1 :8080 UP of a
    < p-1 healthy
    after 1000
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    store slow
    register p-2 1.1
    after 1000
    beat p-1 1.3
    < heard
    store fast
    < put p-2 1.1 :8080 UP of a
    < p-2 registered
    < #2: made
    < put p-1 1.1 :8080 UP of a
    < p-1 healthy
    `,
  );
});

test("a shorter TTL counts at once", () => {
  follow(
    createTranscript(["a"]),
    `
    register p-1 1.1 ttl=200000
    < put p-1 1.1 :8080 UP of a
    < p-1 registered
    < #1: made
    register p-1 1.2 ttl=500
    < put p-1 1.2 :8080 UP of a
    < p-1 changed
    < #2: made
    after 500
    < put p-1 1.2 :8080 unhealthy of a
    < p-1 unhealthy
    `,
  );
});

test("TTLs of any length end on time", () => {
  for (const ttl of [100, 1_000, 102_300, 102_400, 102_500, 250_000]) {
    const story = createTranscript(["a"]).run(`
      register p-1 1.1 ttl=${ttl}
      after ${ttl - 50}
      after 150`);
    assert.match(story, /after \d+\nafter 150\n< put p-1 1.1 :8080 unhealthy of a/, `${ttl} ms`);
  }
});
