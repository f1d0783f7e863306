import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { build } from "../../scripts/peers/build-wrong.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Counts, WrongAnswer } from "../../src/run/messages.ts";
import { startGenerator } from "../support/generator.ts";
import { loadPlan } from "../support/load-plan.ts";
import { startPeer } from "../support/running-peer.ts";

const built = await build();
assert.ok(built.kind === "built");
const { command } = built;
const NOTHING = { unchanged: 0, resentAfterNack: 0, reordered: 0, ended: 0, malformed: 0 };
const NACKERS: Plan["population"] = [
  { share: 0.5, behaviour: { kind: "nack" } },
  { share: 0.5, behaviour: { kind: "healthy" } },
];

test("nothing is found on a server that does right", async (t) => {
  const { counts, faults } = await drive(t, "none", "ads-sotw");
  assert.deepEqual({ counts, faults }, { counts: NOTHING, faults: [] });
});

test("a response that brings nothing new is counted", async (t) => {
  const { counts, faults } = await drive(t, "unchanged", "ads-sotw");
  assert.deepEqual(counts, { ...NOTHING, unchanged: 2 });
  assert.match(messagesOf(faults, "unchanged"), /stream 0 got a response that brought nothing new/);
});

test("an older state after a newer one is counted", async (t) => {
  const { counts, faults } = await drive(t, "reorders", "ads-delta");
  assert.equal(counts.reordered, 2);
  assert.match(messagesOf(faults, "reordered"), /stream 0 held change 3 of bench-0 and got an older one/);
});

for (const protocol of ["ads-sotw", "ads-delta"] as const) {
  test(`${protocol}: a change that never comes is lost, with its name and number`, async (t) => {
    const { faults } = await drive(t, "loses", protocol);
    const lost = faults.filter(({ kind }) => kind === "lost");
    assert.match(messagesOf(faults, "lost"), /stream 0 holds change 2 of bench-0, not 4/);
    assert.deepEqual(
      lost.map(({ client }) => client),
      [0, 2],
    );
  });

  test(`${protocol}: rejected content that comes again is counted`, async (t) => {
    const { counts, faults } = await drive(t, "resends", protocol, { population: NACKERS });
    assert.ok(counts.resentAfterNack! >= 1);
    assert.match(messagesOf(faults, "resent-after-nack"), /rejected a response and got the same content again/);
  });
}

/** Four changes of one resource, one after the other, to four streams; the server is wrong to the first and third. */
async function drive(
  t: TestContext,
  fault: string,
  protocol: Plan["protocol"],
  more: Partial<Pick<Plan, "population">> = {},
): Promise<{ readonly counts: Partial<Counts>; readonly faults: readonly WrongAnswer[] }> {
  const peer = await startPeer(command, ["--fault", fault, "--resources", "5"]);
  t.after(async () => assert.equal(await peer.end(), 0));
  const [host, port] = peer.xds.split(":");
  const target = { host: host!, port: Number(port) };
  const generator = await startGenerator(t, {
    ...loadPlan({ protocol, streams: 4, ...more }),
    target,
  });
  await generator.connect();
  for (const sequence of [1, 2, 3, 4]) {
    const held = generator.change(sequence, [0], () => peer.change(`sequence=${sequence}&resource=0`));
    if (fault !== "loses" || sequence < 3) await held;
    else held.catch(() => undefined); // it is told at the end
  }
  if (fault === "resends") await generator.next("tick", ({ sample }) => sample.counts.resentAfterNack > 0);
  const { faults, last } = await generator.settle(fault === "loses" ? 500 : 10_000);
  const { unchanged, resentAfterNack, reordered, ended, malformed } = last.counts;
  return { counts: { unchanged, resentAfterNack, reordered, ended, malformed }, faults };
}

function messagesOf(faults: readonly WrongAnswer[], kind: WrongAnswer["kind"]): string {
  return faults
    .filter((fault) => fault.kind === kind)
    .map(({ message }) => message)
    .join("\n");
}
