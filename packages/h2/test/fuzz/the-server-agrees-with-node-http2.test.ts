// A slice of what `npm run fuzz:h2 -- --frames 1000000` does: the server's half against node:http2, frame by frame.
import assert from "node:assert/strict";
import { test } from "node:test";
import { anySeed } from "../../../xds/test/support/random.ts";
import { fuzz } from "./fuzz.ts";
import { ACCEPTED } from "./verdict.ts";

const frames = 15_000;
const mostGrownBytes = 64 * 1_048_576;

for (const [which, seed] of [
  ["fixed", 20_261_123],
  ["random", anySeed()],
] as const) {
  test(`${frames} frames with the ${which} seed ${seed}`, async () => {
    const report = await fuzz({ frames, seed });
    assert.ok(report.grownBytes < mostGrownBytes, `grown by ${report.grownBytes} bytes`);
    const total = Object.values(report.frames).reduce((sum, count) => sum + count, 0);
    assert.ok(total >= frames, `only ${total} frames were sent`);
    // What proves nothing unless it is reached.
    const seen = Object.keys(report.outcomes);
    const wanted = [
      "valid: ended",
      "odd: ends nothing",
      "odd: ends stream",
      "odd: ends connection",
      "chaos: lived",
      "client: 200",
    ];
    assert.deepEqual(
      wanted.filter((outcome) => !seen.includes(outcome)),
      [],
    );
    const unused = ACCEPTED.filter(({ reason }) => !seen.some((outcome) => outcome.endsWith(reason)));
    assert.deepEqual(
      unused.map(({ reason }) => reason),
      [],
      "accepted differences that no longer are",
    );
  });
}
