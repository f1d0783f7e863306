import { test } from "node:test";
import { createTranscript, follow } from "../support/registry-transcript.ts";

const REGISTERED = `
  register p-1 1.1 ttl=1000
  < put p-1 1.1 :8080 UP of a
  < p-1 registered
  < #1: made`;

test("after a pause of this process everybody has a full TTL again", () => {
  follow(
    createTranscript(["a"], { pauseMs: 2_000 }),
    `${REGISTERED}
    after 900
    stall 5000
    < away 5000
    after 900
    beat p-1 1.2
    < heard
    after 1000
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    `,
  );
});

test("nobody expires for the time in which nothing could be written", () => {
  follow(
    createTranscript(["a"]),
    `${REGISTERED}
    store gone
    after 1500
    < fails to put p-1 1.1 :8080 unhealthy of a
    beat p-1 1.2
    < heard
    after 900
    store back
    after 100
    < put p-1 1.1 :8080 unhealthy of a
    < p-1 unhealthy
    store gone
    after 2500
    < fails to remove p-1
    store back
    beat p-1 1.3
    < heard
    < put p-1 1.1 :8080 UP of a
    < p-1 healthy
    `,
  );
});
