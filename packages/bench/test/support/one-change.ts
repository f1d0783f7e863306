import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream, type RawXdsStream, type XdsResponse } from "@fairlead/xds";
import { without } from "../../../../test/support/tools.ts";
import type { Built } from "../../scripts/peers/built.ts";
import { startPeer } from "./running-peer.ts";

const RESOURCES = 10;
const ENDPOINTS = 30;
/** Of the values of all resources, when each of their names has one digit. */
const BYTES = { endpoints: 6_840, clusters: 7_030 } as const;
const CHANGED = "bench-3";
const MARK = /change-(\d{12})/;

/** Drives one change through a peer, to a SotW and a delta stream at once, by ADS and by the type's own service. */
export async function driveOneChange(
  t: TestContext,
  built: Built,
  type: "endpoints" | "clusters",
  args: readonly string[],
): Promise<void> {
  if (built.kind === "left-out") return t.skip(without(built.reason).skip);
  const typeUrl = type === "clusters" ? TYPE_URLS.cluster : TYPE_URLS.endpoints;
  const names = type === "clusters" ? [] : Array.from({ length: RESOURCES }, (_, index) => `bench-${index}`);
  const flags = ["--resources", String(RESOURCES), "--endpoints", String(ENDPOINTS), "--type", type, ...args];
  const peer = await startPeer(built.command, flags);
  const streams = (["sotw", "delta"] as const).flatMap((mode) =>
    [{}, { typeUrl }].map((own) => openRawStream({ target: peer.xds, node: { id: mode }, mode, ...own })),
  );
  t.after(async () => {
    await Promise.all(streams.map((stream) => stream.close()));
    assert.equal(await peer.end(), 0);
  });

  for (const stream of streams) {
    stream.subscribe(typeUrl, names);
    const first = await stream.nextAcked(typeUrl);
    assert.deepEqual([...marksOf(first)].sort(), Array.from(first.resources, ({ name }) => [name, 0]).sort());
    assert.equal(first.resources.length, RESOURCES);
    const bytes = first.resources.reduce((sum, { value }) => sum + value!.length, 0);
    assert.ok(Math.abs(bytes - BYTES[type]) < 0.02 * BYTES[type], `${bytes} bytes`);
  }
  assert.deepEqual(await peer.change("sequence=7&resource=3"), { status: 204, text: "" });
  for (const stream of streams) await expectChange(stream, typeUrl);
  const state = { sequence: 7, type, resources: RESOURCES, endpoints: ENDPOINTS, bytes: BYTES[type] };
  assert.deepEqual(await peer.state(), state);

  for (const bad of ["resource=1", "sequence=x&resource=1", "sequence=8", "sequence=8&resource=10", "resource=-1"]) {
    assert.equal((await peer.change(bad)).status, 400, bad);
  }
  assert.deepEqual(await peer.state(), state);
}

/** The changed resource came with its new mark; what came with it has the old one. */
async function expectChange(stream: RawXdsStream, typeUrl: string): Promise<void> {
  const marks = marksOf(await stream.nextAcked(typeUrl));
  assert.equal(marks.get(CHANGED), 7);
  for (const [name, mark] of marks) assert.equal(mark, name === CHANGED ? 7 : 0, name);
}

function marksOf({ resources }: XdsResponse): Map<string, number> {
  return new Map(
    resources.map(({ name, value }) => [name, Number(MARK.exec(Buffer.from(value!).toString("latin1"))?.[1])]),
  );
}
