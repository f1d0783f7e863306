// protocol.md C5, C4
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { RawXdsStream } from "../../src/client/raw-stream.ts";
import type { XdsServer } from "../../src/server/xds-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { commit, namesIn, resource, startServer } from "./started-server.ts";

const { endpoints } = TYPE_URLS;
const NAMES = Array.from({ length: 50 }, (_, index) => `e${index}`);
/** Halving 50 until one is left. */
const ROUNDS = 6;

for (const [bad, says, most] of [
  [["e37"], (names: readonly string[]) => `bad: ${names}`, 1],
  [["e37"], () => "something is bad", ROUNDS],
  [["e3", "e37", "e38"], () => "something is bad", 3 * ROUNDS],
  [["e3", "e37", "e38"], (names: readonly string[]) => `only ${names[0]} is said to be bad`, 3 * ROUNDS],
] as const) {
  test(`of 50 resources ${bad.join(" and ")} is found, with at most ${most} rejections (C5)`, async (t) => {
    const { server, cache, stream } = await startServer(t);
    commit(
      cache,
      NAMES.map((name) => resource(endpoints, name)),
    );
    const ads = stream({ mode: "delta" });
    ads.subscribe(endpoints, NAMES);
    const { taken, rejections } = await answerUntilFound(server, ads, bad, says, NAMES.length - bad.length, 0);
    assert.deepEqual([...taken].sort(), NAMES.filter((name) => !bad.some((one) => one === name)).sort());
    assert.ok(rejections <= most, `${rejections} rejections`);
    const status = () => [...server.clients()][0]!.types[0]!;
    const { rejected, state } = await waitFor(
      "the bad ones",
      () => status().rejected.length === bad.length && status(),
    );
    assert.equal(state, "REJECTED");
    assert.deepEqual(rejected.map(({ name }) => name).sort(), [...bad].sort());
    // Their words are those of the smallest response that they were in.
    for (const { name, message } of rejected) assert.ok(says([name]) === message || bad.length > 1, message);
    await ads.expectNothing();
    // Only what was bad and has changed is sent.
    commit(cache, [resource(endpoints, bad[0], "mended")]);
    assert.deepEqual(namesIn(await ads.nextAcked(endpoints)), [bad[0]]);
  });
}

test("a revision of which parts were rejected is not confirmed by the others (C5)", async (t) => {
  const { server, cache, stream } = await startServer(t);
  const ads = stream({ mode: "delta" });
  commit(
    cache,
    NAMES.map((name) => resource(endpoints, name)),
  );
  ads.subscribe(endpoints, NAMES);
  await ads.nextAcked(endpoints);
  const [before] = [...server.clients()];
  commit(
    cache,
    NAMES.slice(0, 4).map((name) => resource(endpoints, name, "new")),
  );
  await answerUntilFound(server, ads, ["e2"], (names) => `bad: ${names}`, 3, 1);
  const client = await waitFor("the bad one", () =>
    [...server.clients()].find(({ types }) => types[0]!.rejected.length > 0),
  );
  assert.ok(client.types[0]!.confirmedRevision < client.revision);
  assert.ok(client.types[0]!.confirmedRevision >= before!.revision);
});

/** Takes whole responses, or rejects them whole, until it is known which resources are bad. */
async function answerUntilFound(
  server: XdsServer,
  stream: RawXdsStream,
  bad: readonly string[],
  says: (names: readonly string[]) => string,
  good: number,
  readBefore: number,
): Promise<{ taken: ReadonlySet<string>; rejections: number }> {
  const taken = new Set<string>();
  let rejections = 0;
  const found = () => [...server.clients()][0]?.types[0]?.rejected.length ?? 0;
  const isOver = () => found() === bad.length && taken.size === good;
  for (let read = readBefore + 1; !isOver(); read++) {
    const response = await stream.next(endpoints);
    const names = namesIn(response);
    const wrong = names.filter((name) => bad.includes(name));
    if (wrong.length === 0) {
      for (const name of names) taken.add(name);
      stream.ack(response);
    } else {
      rejections += 1;
      stream.nack(response, says(wrong));
    }
    await waitFor("another response, or the end", () => server.work.writes > read || isOver());
  }
  return { taken, rejections };
}
