import {
  callHeaders,
  Flag,
  FrameType,
  frame,
  headerBlock,
  messageFrame,
  openFrame,
  preface,
  settingsFrame,
  uint32,
} from "../support/http2-frames.ts";
import type { Random } from "../support/random.ts";
import { connectRaw, lastGoaway, type RawClient, type ReceivedFrame } from "../support/raw-http2.ts";
import type { Count, FuzzLayer } from "./layer.ts";
import { cut, mutate } from "./mutate.ts";
import { within } from "./within.ts";

/** Any bytes at all on the socket: the server answers or closes, and is rid of the connection when the client leaves. */
export const http2Layer: FuzzLayer = {
  name: "http2",
  casesPerBatch: 20,
  limits: {},
  async play(port, random, cases, count) {
    const client = connectRaw(port, { handshake: false, answers: random.chance(0.8) });
    const start = Buffer.concat([preface, settingsFrame()]);
    const bytes = [random.chance(0.05) ? mutate(random, start) : start];
    const course: Course = { validity: random.pick([0.5, 0.9, 0.95, 0.99]), lastId: -1 };
    for (let at = 0; at < cases; at++) bytes.push(caseBytes(random, course));
    bytes.push(frame(FrameType.PING, 0, 0, marker));
    for (const piece of cut(random, Buffer.concat(bytes), 1 + random.int(12))) {
      client.send(piece);
      if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
    }
    await settled(client);
    if (random.chance(0.2)) client.close();
    else client.socket.end();
    await within(10_000, client.closed, "the server did not close a connection that the client left");
    countOutcome(client, count);
  },
};

/** How one connection goes: how many of its cases are valid, and which streams it opened. */
interface Course {
  readonly validity: number;
  lastId: number;
}

const marker = Buffer.from("settled?");

/** Until the server has read all, or closed; or for a moment, since it may wait for the rest of a frame that never comes. */
async function settled(client: RawClient): Promise<void> {
  const untilMs = performance.now() + 15;
  const isAnswer = ({ type, flags, payload }: ReceivedFrame): boolean =>
    type === FrameType.PING && flags === Flag.ACK && payload.equals(marker);
  while (!client.isClosed && !client.frames.some(isAnswer) && performance.now() < untilMs) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function caseBytes(random: Random, course: Course): Buffer {
  const valid = validFrame(random, course);
  if (random.chance(course.validity)) return valid;
  if (random.chance(0.4)) return withPayload(valid, mutate(random, valid.subarray(9)));
  if (random.chance(0.5)) return mutate(random, valid);
  return random.chance(0.5) ? wildFrame(random) : random.bytes(random.int(64));
}

/** The same frame around another payload, its length right: the mutation gets past the framing. */
function withPayload(valid: Buffer, payload: Buffer): Buffer {
  return frame(valid[3] as number, valid[4] as number, valid.readUInt32BE(5), payload.subarray(0, 16_384));
}

function validFrame(random: Random, course: Course): Buffer {
  if (course.lastId < 0 || random.chance(0.2)) {
    course.lastId += 2;
    return openFrame(course.lastId, random.pick(["/echo", "/echo", "/no", ""]));
  }
  const id = random.chance(0.6) ? course.lastId : 1 + 2 * random.int((course.lastId + 1) / 2);
  switch (random.int(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return messageFrame(id, random.bytes(random.int(200)));
    case 4:
      return frame(FrameType.RST_STREAM, 0, id, uint32(random.int(16)));
    case 5:
      return settingsFrame([[random.pick([1, 3, 5, 6]), 16_384 + random.int(1_000)]]);
    case 6:
      return frame(FrameType.PING, random.int(2), 0, random.bytes(8));
    case 7:
      return frame(FrameType.WINDOW_UPDATE, 0, random.chance(0.5) ? 0 : id, uint32(1 + random.int(2 ** 20)));
    case 8:
      return frame(FrameType.PRIORITY, 0, id, Buffer.concat([uint32(0), Buffer.of(random.int(256))]));
    case 9:
      course.lastId += 2;
      return splitHeaders(random, course.lastId);
    case 10:
      return frame(FrameType.DATA, Flag.PADDED, id, Buffer.concat([Buffer.of(10), random.bytes(10 + random.int(50))]));
    case 11:
      return frame(FrameType.DATA, random.pick([0, Flag.END_STREAM]), id, random.bytes(random.int(100)));
    case 12:
      return random.chance(0.2) ? frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(8)) : messageFrame(id, random.bytes(9));
    default:
      course.lastId += 2;
      return frame(FrameType.HEADERS, Flag.END_HEADERS, course.lastId, headerBlock(oddHeaders(random)));
  }
}

function oddHeaders(random: Random): [string, string][] {
  const headers = callHeaders("/echo");
  const [at, name] = [random.int(headers.length), random.pick(["x-a", ":path", "te", "Upper", "", "connection"])];
  headers.splice(at, random.int(2), [name, random.bytes(random.int(20)).toString("latin1")]);
  return headers;
}

function splitHeaders(random: Random, id: number): Buffer {
  const pieces = cut(random, headerBlock(callHeaders("/echo")), 12);
  const frames = pieces.map((piece, at) => {
    const flags = at === pieces.length - 1 ? Flag.END_HEADERS : 0;
    return frame(at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, flags, id, piece);
  });
  return Buffer.concat(frames);
}

function wildFrame(random: Random): Buffer {
  const payload = random.bytes(random.int(40));
  const length = random.chance(0.5) ? payload.length : random.int(2 ** 24);
  return frame(random.int(random.chance(0.9) ? 11 : 256), random.int(256), random.int(2 ** 32), payload, length);
}

function countOutcome(client: RawClient, count: Count): void {
  const goaway = lastGoaway(client);
  if (goaway !== undefined) count(`GOAWAY ${goaway.code}`);
  else if (client.frames.length === 0) count("closed without a frame");
  else count("left by the client");
  if (client.frames.some(({ type }) => type === FrameType.DATA)) count("echo");
  if (client.frames.some(({ type }) => type === FrameType.RST_STREAM)) count("RST_STREAM");
}
