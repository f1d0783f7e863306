import { gzipSync } from "node:zlib";
import { Flag, FrameType, frame, grpcMessage, openFrame, uint32 } from "../support/http2-frames.ts";
import type { Random } from "../support/random.ts";
import { openValid } from "./calls.ts";
import type { FuzzLayer } from "./layer.ts";
import { cut, mutate } from "./mutate.ts";

/** What HTTP/2 lets a peer send in one frame. */
const mostFrameBytes = 16_384;

/** gRPC framing and headers of any kind within valid HTTP/2: a stream may fail, its connection may not. */
export const grpcLayer: FuzzLayer = {
  name: "grpc",
  casesPerBatch: 50,
  limits: { resetBurst: 1_000_000, maxInvalidFrames: 1_000_000 },
  async play(port, random, cases, count) {
    const connection = openValid(port);
    const streams = Array.from({ length: cases }, () => streamFrames(random, connection.nextStream()));
    for (const frames of interleave(random, streams)) connection.send(frames);
    await connection.finish("/echo", Buffer.from("alive"), count);
  },
};

/** The frames of one case, in the order in which they must go. */
function streamFrames(random: Random, id: number): Buffer[] {
  const isGzip = random.chance(0.3);
  const open = openFrame(id, random.pick(["/echo", "/echo", "/no", "/", "/a/b"]), headers(random, isGzip));
  let body: Buffer = Buffer.concat(Array.from({ length: 1 + random.int(4) }, () => message(random, isGzip)));
  if (random.chance(0.5)) body = mutate(random, body);
  const data = cut(random, body, 1 + random.int(6))
    .flatMap(inFrames)
    .map((piece) => frame(FrameType.DATA, 0, id, piece));
  const frames = [open, ...data];
  if (random.chance(0.2)) frames.push(frame(FrameType.DATA, 0, id));
  if (random.chance(0.4)) frames.push(frame(FrameType.DATA, Flag.END_STREAM, id));
  else if (random.chance(0.3)) frames.push(frame(FrameType.RST_STREAM, 0, id, uint32(8)));
  return frames;
}

function inFrames(piece: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < piece.length; at += mostFrameBytes) pieces.push(piece.subarray(at, at + mostFrameBytes));
  return pieces;
}

function headers(random: Random, isGzip: boolean): Record<string, string> {
  const more: Record<string, string> = isGzip ? { "grpc-encoding": "gzip" } : {};
  if (random.chance(0.05))
    more["content-type"] = random.pick(["application/grpc+proto", "text/html", "application/grpcx", ""]);
  if (random.chance(0.05)) more["grpc-encoding"] = random.pick(["", "br", "gzip, gzip", "identity"]);
  if (random.chance(0.05)) more["grpc-timeout"] = random.pick(["", "1", "0n", "99999999H", "-1S", "1m"]);
  if (random.chance(0.05)) more[":method"] = random.pick(["GET", "PUT", "OPTIONS"]);
  if (random.chance(0.05)) more["user-agent"] = random.bytes(random.int(40)).toString("hex");
  if (random.chance(0.05)) more["x-bin"] = random.bytes(30).toString("base64");
  return more;
}

function message(random: Random, isGzip: boolean): Buffer {
  const plain = random.bytes(random.chance(0.02) ? random.int(20_000) : random.int(300));
  const flag = random.chance(0.95) ? Number(isGzip) : random.int(256);
  const body = flag === 1 && random.chance(0.9) ? gzipSync(plain, { level: 1 }) : plain;
  if (random.chance(0.9)) return grpcMessage(body, flag);
  return grpcMessage(body, flag, random.pick([0, 1, body.length + 1, random.int(2 ** 22), 2 ** 32 - 1]));
}

/** Mixes streams, each in its own order: opened in the order of their ids, since HTTP/2 asks for that. */
function* interleave(random: Random, streams: readonly Buffer[][]): Generator<Buffer> {
  for (const [open] of streams) yield open as Buffer;
  const left = streams.map((frames) => frames.slice(1)).filter((frames) => frames.length > 0);
  while (left.length > 0) {
    const at = random.int(left.length);
    const frames = left[at] as Buffer[];
    yield frames.shift() as Buffer;
    if (frames.length === 0) left.splice(at, 1);
  }
}
