import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream, type RawXdsStream, type XdsResponse } from "@fairlead/xds";
import { build } from "../../scripts/peers/build-wrong.ts";
import { startPeer } from "../support/running-peer.ts";

type Mode = "sotw" | "delta";

const NAMES = Array.from({ length: 10 }, (_, index) => `bench-${index}`);
const built = await build();
assert.ok(built.kind === "built");
const { command } = built;
/** Numbers of the changes that end a check: each is used once. */
let lastChange = 100;

inBothModes("resends: a rejected state comes once more", "resends", async (server) => {
  const { wrong } = await server.openBoth();
  await server.change(1);
  const rejected = await wrong.next();
  wrong.nack(rejected, "no");
  const again = await wrong.next();
  assert.deepEqual(contentOf(again), contentOf(rejected));
  assert.notEqual(again.nonce, rejected.nonce);
  wrong.nack(again, "no");
  await server.change(2);
  assert.equal(markOf(await wrong.nextAcked(), "bench-0"), 2);
});

inBothModes("nack-storm: a rejected state comes as often as it is rejected", "nack-storm", async (server) => {
  const { wrong } = await server.openBoth();
  await server.change(1);
  const rejected = await wrong.next();
  wrong.nack(rejected, "no");
  for (let round = 0; round < 5; round++) {
    const again = await wrong.next();
    assert.deepEqual(contentOf(again), contentOf(rejected));
    wrong.nack(again, "no");
  }
});

inBothModes("unchanged: the third push comes twice", "unchanged", async (server) => {
  assert.deepEqual(await changeThrice(server), { wrong: [1, 2, 3, 3], right: [1, 2, 3] });
});

inBothModes("reorders: the third push is followed by the state before it", "reorders", async (server) => {
  assert.deepEqual(await changeThrice(server), { wrong: [1, 2, 3, 2, 3], right: [1, 2, 3] });
});

inBothModes("loses: the third change never comes", "loses", async (server) => {
  assert.deepEqual(await changeThrice(server), { wrong: [1, 2], right: [1, 2, 3] });
});

inBothModes("stale: a stream gets the state before the last change", "stale", async (server) => {
  const { right } = await server.openBoth();
  for (const sequence of [1, 2]) {
    await server.change(sequence);
    assert.equal(markOf(await right.nextAcked(), "bench-0"), sequence);
  }
  assert.equal(markOf((await server.open()).first, "bench-0"), 1);
  assert.equal(markOf((await server.open()).first, "bench-0"), 2);
});

interface Server {
  /** Changes a resource, by default `bench-0`. */
  readonly change: (sequence: number, resource?: number) => Promise<void>;
  /** Opens the next stream and syncs it: each second one is treated wrongly, beginning with the first. */
  readonly open: () => Promise<{ readonly stream: RawXdsStream; readonly first: XdsResponse }>;
  readonly openBoth: () => Promise<{ readonly wrong: RawXdsStream; readonly right: RawXdsStream }>;
}

function inBothModes(name: string, fault: string, check: (server: Server) => Promise<void>): void {
  test(name, async (t) => {
    const peer = await startPeer(command, ["--fault", fault]);
    const streams: RawXdsStream[] = [];
    t.after(async () => {
      await Promise.all(streams.map((stream) => stream.close()));
      assert.equal(await peer.end(), 0);
    });
    const change = async (sequence: number, resource = 0) => {
      assert.equal((await peer.change(`sequence=${sequence}&resource=${resource}`)).status, 204);
    };
    for (const mode of ["sotw", "delta"] as const) {
      const open = () => openSynced(peer.xds, mode, streams);
      const openBoth = async () => ({ wrong: (await open()).stream, right: (await open()).stream });
      await check({ change, open, openBoth });
    }
  });
}

async function openSynced(target: string, mode: Mode, streams: RawXdsStream[]) {
  const stream = openRawStream({ target, node: { id: "node" }, mode });
  streams.push(stream);
  stream.subscribe(TYPE_URLS.endpoints, NAMES);
  const first = await stream.nextAcked();
  assert.equal(first.resources.length, NAMES.length);
  return { stream, first };
}

/** The marks of `bench-0` that each of the two streams got of its three changes, and of nothing else. */
async function changeThrice(server: Server): Promise<{ wrong: number[]; right: number[] }> {
  const { wrong, right } = await server.openBoth();
  const marks = { wrong: [] as number[], right: [] as number[] };
  for (const sequence of [1, 2, 3]) {
    await server.change(sequence);
    marks.right.push(markOf(await right.nextAcked(), "bench-0"));
  }
  // What comes before this one was all.
  await server.change(++lastChange, 1);
  for (;;) {
    const response = await wrong.nextAcked();
    if (markOf(response, "bench-1") === lastChange) return marks;
    marks.wrong.push(markOf(response, "bench-0"));
  }
}

function contentOf({ resources }: XdsResponse): readonly string[] {
  return resources.map(({ name, value }) => `${name} ${Buffer.from(value!).toString("latin1")}`);
}

/** The mark that a response has for a resource; 0 also if it does not have it. */
function markOf({ resources }: XdsResponse, wanted: string): number {
  const resource = resources.find(({ name }) => name === wanted);
  return Number(/change-(\d{12})/.exec(Buffer.from(resource?.value ?? []).toString("latin1"))?.[1] ?? 0);
}
