import { FrameType, frame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { Random } from "../../../xds/test/support/random.ts";
import { AnyEncoder, dataFrame, headersFrames, requestHeaders, Script } from "./script.ts";

/** A conversation in which the client keeps every rule. */
export interface Valid {
  readonly script: Script;
  /** Streams whose course both servers must agree on: all that the client did not reset. */
  readonly streams: readonly number[];
}

interface OpenStream {
  readonly id: number;
  /** Bytes that its content-length still wants; `undefined`: it said none. */
  left: number | undefined;
}

/** Bytes of bodies, padding included, that fit into the server's first windows: it needs not be waited for. */
const mostBytes = 40_000;
const aLot = 2 ** 29;

/** Makes a conversation of about so many frames. */
export function makeValid(random: Random, frames: number): Valid {
  const script = new Script().settings([4, random.pick([0, 1, 100, 65_535, 1_000_000])]);
  const encoder = new AnyEncoder();
  const open: OpenStream[] = [];
  const reset = new Set<number>();
  const all: number[] = [];
  let lastId = -1;
  let bytesLeft = mostBytes;
  let settingsLeft = 8;

  const addAll = (made: readonly Buffer[]) => made.forEach((bytes) => void script.add(bytes));
  const close = (stream: OpenStream) => void open.splice(open.indexOf(stream), 1);
  const request = () => {
    lastId += random.chance(0.8) ? 2 : 2 * (1 + random.int(10));
    const path = random.pick([
      "/echo",
      "/echo",
      "/count",
      "/count",
      "/hold",
      "/nothing",
      `/now/${random.int(30_000)}`,
      "/reset/8",
    ]);
    const isEnd = random.chance(0.3);
    const length = random.chance(0.2) ? (isEnd ? 0 : random.int(500)) : undefined;
    const more: [string, string][] = Array.from({ length: random.int(5) }, (_, at) => [
      `x-${at}`,
      "v".repeat(random.int(100)),
    ]);
    if (length !== undefined) more.push(["content-length", String(length)]);
    const block = encoder.encode(random, requestHeaders(path, more));
    addAll(headersFrames(random, lastId, block, isEnd));
    all.push(lastId);
    if (!isEnd) open.push({ id: lastId, left: length });
  };
  const send = (stream: OpenStream, isEnd: boolean) => {
    const wanted = stream.left ?? random.int(random.chance(0.1) ? 5_000 : 300);
    const size = isEnd
      ? Math.min(wanted, Math.max(bytesLeft, stream.left ?? 0))
      : Math.min(bytesLeft, random.int(wanted + 1));
    if (stream.left !== undefined) stream.left -= size;
    bytesLeft -= size + 256;
    script.add(dataFrame(random, stream.id, random.bytes(size), isEnd));
    if (isEnd) close(stream);
  };
  const end = (stream: OpenStream) => {
    if ((stream.left ?? 0) > 0 || random.chance(0.5)) return send(stream, true);
    const block = encoder.encode(random, [["x-trailer", String(random.int(10))]]);
    addAll(headersFrames(random, stream.id, block, true));
    close(stream);
  };

  while (script.frames < frames) {
    const stream = open.length > 0 ? random.pick(open) : undefined;
    if (stream === undefined || (open.length < 50 && random.chance(0.15))) request();
    else if (random.chance(0.5) && bytesLeft > 1_000) send(stream, false);
    else if (random.chance(0.3)) end(stream);
    else addOther();
  }
  for (const stream of [...open]) end(stream);
  // Whatever the windows were, all answers can come now.
  script.settle().grant(0, aLot);
  for (const id of all) if (!reset.has(id)) script.grant(id, aLot);
  script.settle();
  return { script, streams: all.filter((id) => !reset.has(id)) };

  function addOther(): void {
    const id = random.pick(all);
    switch (random.int(9)) {
      case 0:
      case 1:
        script.grant(random.chance(0.5) ? 0 : id, 1 + random.int(20_000));
        return;
      case 2:
        script.add(frame(FrameType.PING, 0, 0, random.bytes(8)));
        return;
      case 3:
        // Its id can be that of any stream, and of none.
        script.add(
          frame(FrameType.PRIORITY, 0, id + 2 * random.int(50), Buffer.concat([uint32(0), Buffer.of(random.int(256))])),
        );
        return;
      case 4:
        script.add(
          frame(random.pick([0x0b, 0x20, 0xff]), random.int(256), random.int(100), random.bytes(random.int(50))),
        );
        return;
      case 5:
        script.add(frame(FrameType.DATA, 0, random.pick(open).id));
        return;
      case 6: {
        const stream = random.pick(open);
        script.add(frame(FrameType.RST_STREAM, 0, stream.id, uint32(random.pick([0, 5, 8, 1_000]))));
        reset.add(stream.id);
        close(stream);
        return;
      }
      case 7:
        if (settingsLeft-- > 0) script.settings(...someSettings(random));
        return;
      case 8:
        if (random.chance(0.1)) script.settle();
    }
  }
}

function someSettings(random: Random): [number, number][] {
  const any: [number, number][] = [
    [1, random.int(10_000)],
    [2, random.int(2)],
    [3, random.int(1_000)],
    [4, random.pick([0, 1, 10, 65_535, random.int(200_000)])],
    [5, 16_384 + random.int(100_000)],
    [6, 10_000 + random.int(100_000)],
    [0x7777, random.int(2 ** 32)],
  ];
  return any.filter(() => random.chance(0.3));
}
