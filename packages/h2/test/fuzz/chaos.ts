import { cut, mutate } from "../../../xds/test/fuzz/mutate.ts";
import { Flag, FrameType, frame, preface, settingsFrame } from "../../../xds/test/support/http2-frames.ts";
import type { Random } from "../../../xds/test/support/random.ts";
import { encodeHeaders } from "../../src/index.ts";
import { common } from "./answers.ts";
import { ClientView, describeStream } from "./client-view.ts";
import { KINDS, makeDeviation, PLACES } from "./deviations.ts";
import type { Count } from "./differential.ts";
import { OwnServer } from "./own-server.ts";
import { dataFrame, requestHeaders } from "./script.ts";

const paths = ["/echo", "/echo", "/count", "/hold", "/now/5000", "/nothing", "/reset/8"];
const blocks = paths.map((path) => encodeHeaders(requestHeaders(path)));

/**
 * Any frames at all, without an oracle and so by the million: valid ones, odd ones, mutated ones, noise. Nothing throws, the server
 * keeps its own rules and bounds, and however the bytes are cut it answers the same.
 * @returns frames that were sent
 */
export function playChaos(random: Random, count: Count): number {
  const frames = 30 + random.int(300);
  const bytes = Buffer.concat([preface, settingsFrame(), ...makeChaos(random, frames)]);
  const whole = feed([bytes]);
  const inPieces = feed(cut(random, bytes, 2 + random.int(60)));
  if (describe(whole.view) !== describe(inPieces.view)) throw new Error("the answers depend on how the bytes are cut");
  const { connection, fault } = whole.server;
  const { wrongs, goaway } = whole.view;
  if (wrongs.length > 0) throw new Error(`we broke a rule: ${wrongs.slice(0, 3).join(", ")}`);
  if (fault !== undefined && goaway !== fault.wireCode) throw new Error(`${fault.code} was told by GOAWAY ${goaway}`);
  if (connection.streamCount > common.maxStreams) throw new Error(`${connection.streamCount} streams are open`);
  connection.lose();
  if (connection.streamCount !== 0 || connection.queuedBytes !== 0)
    throw new Error("something is left after the connection");
  count(fault === undefined ? "lived" : `GOAWAY ${fault.code}`);
  return frames;
}

function feed(pieces: readonly Buffer[]) {
  const server = new OwnServer();
  const view = new ClientView();
  view.offer([]);
  view.feed(server.take());
  for (const piece of pieces) {
    server.connection.receive(piece);
    view.feed(server.take());
  }
  return { server, view };
}

/** What the client has seen in the end; pieces of a body may be framed otherwise. */
function describe({ streams, goaway }: ClientView): string {
  const lines = [...streams].map(([id, stream]) => `${id}: ${describeStream(stream)}`);
  return [`GOAWAY ${goaway}`, ...lines].join("\n");
}

function makeChaos(random: Random, frames: number): Buffer[] {
  const validity = random.pick([0.5, 0.9, 0.98, 0.9995]);
  const made: Buffer[] = [];
  let lastId = -1;
  const anyId = () => (random.chance(0.7) ? lastId : 1 + 2 * random.int((lastId + 1) / 2));
  for (let at = 0; at < frames; at++) {
    const id = lastId < 0 ? 1 : anyId();
    const isEnd = random.chance(0.2);
    const kind = random.int(10);
    let valid: Buffer;
    if (lastId < 0 || kind < 3) {
      lastId += 2;
      const flags = Flag.END_HEADERS | (isEnd ? Flag.END_STREAM : 0);
      valid = frame(FrameType.HEADERS, flags, lastId, random.pick(blocks));
    } else if (kind < 7) valid = dataFrame(random, id, random.bytes(random.int(200)), isEnd);
    else if (kind < 9) valid = frame(FrameType.PING, 0, 0, random.bytes(8));
    else valid = settingsFrame([[random.pick([1, 3, 6]), random.int(2 ** 20)]]);
    made.push(random.chance(validity) ? valid : spoil(random, valid, id));
  }
  return made;
}

function spoil(random: Random, valid: Buffer, id: number): Buffer {
  const kind = random.int(4);
  if (kind === 0) return mutate(random, valid);
  if (kind === 1) return random.bytes(random.int(64));
  const ids = Object.fromEntries(PLACES.map((place) => [place, id])) as Record<(typeof PLACES)[number], number>;
  return makeDeviation(random, random.int(KINDS), ids, kind === 2).bytes;
}
