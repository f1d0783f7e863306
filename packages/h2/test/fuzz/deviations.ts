import { mutate } from "../../../xds/test/fuzz/mutate.ts";
import { Flag, FrameType, frame, headerBlock, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { Random } from "../../../xds/test/support/random.ts";
import { literal, requestHeaders } from "./script.ts";

/** In which state a client's stream is when something odd happens to it. */
export type Place =
  | "open"
  | "half-closed"
  | "ended"
  | "reset by the client"
  | "reset by the server"
  | "skipped"
  | "idle"
  | "far ahead"
  | "even"
  | "the connection";

export const PLACES: readonly Place[] = [
  "open",
  "half-closed",
  "ended",
  "reset by the client",
  "reset by the server",
  "skipped",
  "idle",
  "far ahead",
  "even",
  "the connection",
];

/** Something that a client may not do, or hardly ever does. */
export interface Deviation {
  readonly frame: string;
  readonly how: string;
  readonly place: Place;
  /** Whether its bytes were changed at random on top. */
  readonly isMutated: boolean;
  readonly bytes: Buffer;
}

/** Stream ids by place. */
export type Ids = Readonly<Record<Place, number>>;

type Maker = (id: number, random: Random) => Buffer;

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  FrameType;
const all = Flag.END_HEADERS | Flag.END_STREAM;
const request = (more: readonly (readonly [string, string])[] = []) =>
  headerBlock([...requestHeaders("/count"), ...more]);
const headersWith =
  (block: () => Uint8Array, flags: number = all): Maker =>
  (id) =>
    frame(HEADERS, flags, id, block());
const pairs = (...headers: readonly (readonly [string, string])[]): Maker => headersWith(() => headerBlock(headers));
const plus = (...more: readonly (readonly [string, string])[]): Maker => headersWith(() => request(more));
const raw = (...bytes: readonly number[]): Maker => headersWith(() => Buffer.concat([request(), Buffer.from(bytes)]));
const settings =
  (id: number, value: number): Maker =>
  (streamId) => {
    const entry = Buffer.concat([Buffer.of(0, id), uint32(value)]);
    return frame(SETTINGS, 0, streamId, entry);
  };
const [method, scheme, authority, path] = requestHeaders("/count");

/** Every one by the name of its frame, and how it is odd. `plain` ones are odd by their place alone. */
export const MAKERS: Readonly<Record<string, Readonly<Record<string, Maker>>>> = {
  DATA: {
    plain: (id, random) => frame(DATA, 0, id, random.bytes(random.int(50) + 1)),
    "ending the stream": (id, random) => frame(DATA, Flag.END_STREAM, id, random.bytes(random.int(50))),
    empty: (id) => frame(DATA, 0, id),
    padded: (id) => frame(DATA, Flag.PADDED, id, Buffer.of(3, 1, 2, 0, 0, 0)),
    "all padding": (id) => frame(DATA, Flag.PADDED, id, Buffer.of(3, 0, 0, 0)),
    "padding too long": (id) => frame(DATA, Flag.PADDED, id, Buffer.of(4, 0, 0, 0)),
    "no place for the padding's length": (id) => frame(DATA, Flag.PADDED, id),
    "too large": (id) => frame(DATA, 0, id, Buffer.alloc(16_385)),
    "with the reserved bit": (id) => frame(DATA, 0, (id | 0x80000000) >>> 0, Buffer.from("x")),
  },
  HEADERS: {
    plain: headersWith(request),
    "not ending the stream": headersWith(request, Flag.END_HEADERS),
    trailers: headersWith(() => headerBlock([["x-a", "b"]])),
    "trailers not ending the stream": headersWith(() => headerBlock([["x-a", "b"]]), Flag.END_HEADERS),
    "padding too long": (id) => frame(HEADERS, all | Flag.PADDED, id, Buffer.of(200, 0x83)),
    "no place for the padding's length": (id) => frame(HEADERS, all | Flag.PADDED, id),
    "no place for the priority": (id) => frame(HEADERS, all | Flag.PRIORITY, id, Buffer.alloc(4)),
    "depending on itself": (id) =>
      frame(HEADERS, all | Flag.PRIORITY, id, Buffer.concat([uint32(id), Buffer.of(1), request()])),
    empty: (id) => frame(HEADERS, all, id),
    "too large": (id) => frame(HEADERS, all, id, Buffer.alloc(16_385)),
    "cut off by DATA": (id) => Buffer.concat([frame(HEADERS, 0, id, request()), frame(DATA, 0, id, Buffer.from("x"))]),
    "cut off by HEADERS": (id) =>
      Buffer.concat([frame(HEADERS, 0, id, request()), frame(HEADERS, all, id + 2, request())]),
    "cut off by an unknown frame": (id) => Buffer.concat([frame(HEADERS, 0, id, request()), frame(0xff, 0, id)]),
    "continued for another stream": (id) =>
      Buffer.concat([frame(HEADERS, 0, id, request()), frame(CONTINUATION, Flag.END_HEADERS, id + 2)]),
    continued: (id) =>
      Buffer.concat([frame(HEADERS, Flag.END_STREAM, id, request()), frame(CONTINUATION, Flag.END_HEADERS, id)]),
  },
  "HEADERS' fields": {
    "without :method": pairs(scheme!, authority!, path!),
    "without :scheme": pairs(method!, authority!, path!),
    "without :path": pairs(method!, scheme!, authority!),
    "without :authority": pairs(method!, scheme!, path!),
    "with a cluster's name as :authority": pairs(method!, scheme!, [":authority", "outbound|80||x"], path!),
    "with an empty :path": pairs(method!, scheme!, authority!, [":path", ""]),
    "with a :path without a slash": pairs(method!, scheme!, authority!, [":path", "count"]),
    "with an empty :method": pairs([":method", ""], scheme!, authority!, path!),
    "with a :method of spaces": pairs([":method", "P OST"], scheme!, authority!, path!),
    "with :path twice": pairs(method!, scheme!, authority!, path!, path!),
    "with :status": pairs(method!, scheme!, authority!, path!, [":status", "200"]),
    "with :unknown": pairs(method!, scheme!, authority!, path!, [":unknown", "x"]),
    "with a pseudo-header last": pairs(method!, scheme!, ["x-a", "b"], authority!, path!),
    "with a name in upper case": plus(["X-A", "b"]),
    "with an empty name": plus(["", "b"]),
    "with a name of spaces": plus(["x a", "b"]),
    "with a name of control characters": plus(["x\u0001", "b"]),
    "with a value of control characters": plus(["x-a", "b\u0000c"]),
    "with a line break in a value": plus(["x-a", "b\r\nc: d"]),
    "with spaces around a value": plus(["x-a", " b "]),
    "with a value over 127": plus(["x-a", "\u00e4\u00ff"]),
    "with connection": plus(["connection", "close"]),
    "with transfer-encoding": plus(["transfer-encoding", "chunked"]),
    "with upgrade": plus(["upgrade", "h2c"]),
    "with te: gzip": plus(["te", "gzip"]),
    "with te: trailers": plus(["te", "trailers"]),
    "with a content-length that is wrong": plus(["content-length", "5"]),
    "with a content-length that is none": plus(["content-length", "five"]),
    "with two content-lengths": plus(["content-length", "0"], ["content-length", "1"]),
    "with the same content-length twice": plus(["content-length", "0"], ["content-length", "0"]),
    "with CONNECT": pairs([":method", "CONNECT"], authority!),
    "with CONNECT and a :path": pairs([":method", "CONNECT"], authority!, scheme!, path!),
    "with host": plus(["host", "fuzz"]),
    "too many": plus(...Array.from({ length: 70 }, (_, at) => [`x-${at}`, "y"] as const)),
    "too large": plus(
      ["x-a", "y".repeat(5_500)],
      ["x-b", "y".repeat(5_500)],
      ["x-c", "y".repeat(4_900)],
      ["x-d", "y".repeat(200)],
    ),
  },
  "HEADERS' HPACK": {
    "with index 0": raw(0x80),
    "with an index that is not there": raw(0x80 | 100),
    "with an index beyond 32 bits": raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
    "with an integer without end": raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    "with an integer cut off": raw(0xff),
    "with a string cut off": raw(0, 5, 0x61),
    "with a Huffman code of EOS": raw(0, 1, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff),
    "with Huffman padding of 8 bits": raw(0, 1, 0x61, 0x82, 0x1f, 0xff),
    "with Huffman padding of zeros": raw(0, 1, 0x61, 0x81, 0x18),
    "with a table update at its end": raw(0x20),
    "with a table update too large": headersWith(() => Buffer.concat([Buffer.of(0x3f, 0xe2, 0x1f), request()])),
    "with a table update": headersWith(() => Buffer.concat([Buffer.of(0x20), request()])),
    "with three table updates": headersWith(() => Buffer.concat([Buffer.of(0x20, 0x20, 0x3f, 0x10), request()])),
    "with an entry larger than the table": headersWith(() =>
      Buffer.concat([
        request(),
        Buffer.of(0x40),
        literal("x-a"),
        Buffer.of(0x7f, 0x81, 0x1f),
        Buffer.alloc(4_096, 0x79),
      ]),
    ),
  },
  PRIORITY: {
    plain: (id) => frame(PRIORITY, 0, id, Buffer.alloc(5)),
    "depending on itself": (id) => frame(PRIORITY, 0, id, Buffer.concat([uint32(id), Buffer.of(1)])),
    "of 4 bytes": (id) => frame(PRIORITY, 0, id, Buffer.alloc(4)),
    "of 6 bytes": (id) => frame(PRIORITY, 0, id, Buffer.alloc(6)),
  },
  RST_STREAM: {
    plain: (id) => frame(RST_STREAM, 0, id, uint32(8)),
    "of 3 bytes": (id) => frame(RST_STREAM, 0, id, Buffer.alloc(3)),
    "of 5 bytes": (id) => frame(RST_STREAM, 0, id, Buffer.alloc(5)),
  },
  SETTINGS: {
    empty: (id) => frame(SETTINGS, 0, id),
    "of 5 bytes": (id) => frame(SETTINGS, 0, id, Buffer.alloc(5)),
    acknowledged: (id) => frame(SETTINGS, Flag.ACK, id),
    "acknowledged with bytes": (id) => frame(SETTINGS, Flag.ACK, id, Buffer.alloc(6)),
    "that push 2": settings(2, 2),
    "that push 2, and then 0": (id) =>
      frame(SETTINGS, 0, id, Buffer.concat([Buffer.of(0, 2), uint32(2), Buffer.of(0, 2), uint32(0)])),
    "with the largest window": settings(4, 2 ** 31 - 1),
    "with a window too large": settings(4, 2 ** 31),
    "with frames too small": settings(5, 16_383),
    "with frames too large": settings(5, 2 ** 24),
    "with CONNECT's protocol": settings(8, 1),
    "with CONNECT's protocol 2": settings(8, 2),
    "that nobody knows": settings(0x99, 7),
    "of too many entries": (id) =>
      frame(SETTINGS, 0, id, Buffer.concat(Array.from({ length: 40 }, () => Buffer.from([0, 3, 0, 0, 0, 9])))),
  },
  PUSH_PROMISE: { plain: (id) => frame(PUSH_PROMISE, Flag.END_HEADERS, id, Buffer.concat([uint32(2), request()])) },
  PING: {
    plain: (id) => frame(PING, 0, id, Buffer.alloc(8)),
    acknowledged: (id) => frame(PING, Flag.ACK, id, Buffer.alloc(8)),
    "of 7 bytes": (id) => frame(PING, 0, id, Buffer.alloc(7)),
    "of 9 bytes": (id) => frame(PING, 0, id, Buffer.alloc(9)),
  },
  GOAWAY: {
    "for an error": (id) => frame(GOAWAY, 0, id, Buffer.from([0, 0, 0, 0, 0, 0, 0, 2])),
    "of 7 bytes": (id) => frame(GOAWAY, 0, id, Buffer.alloc(7)),
  },
  WINDOW_UPDATE: {
    plain: (id) => frame(WINDOW_UPDATE, 0, id, uint32(1)),
    "of 0": (id) => frame(WINDOW_UPDATE, 0, id, uint32(0)),
    "of 0 with the reserved bit": (id) => frame(WINDOW_UPDATE, 0, id, uint32(0x80000000)),
    "of too much": (id) => frame(WINDOW_UPDATE, 0, id, uint32(2 ** 31 - 1)),
    "of 3 bytes": (id) => frame(WINDOW_UPDATE, 0, id, Buffer.alloc(3)),
    "of 5 bytes": (id) => frame(WINDOW_UPDATE, 0, id, Buffer.alloc(5)),
  },
  CONTINUATION: {
    plain: (id) => frame(CONTINUATION, Flag.END_HEADERS, id, request()),
    unfinished: (id) => frame(CONTINUATION, 0, id, request()),
  },
  "unknown frame": {
    plain: (id, random) => frame(random.pick([0x0b, 0x20, 0xff]), random.int(256), id, random.bytes(random.int(50))),
    "too large": (id) => frame(0xff, 0, id, Buffer.alloc(16_385)),
  },
};

const kinds = Object.entries(MAKERS).flatMap(([name, makers]) =>
  Object.entries(makers).map(([how, make]) => ({ name, how, make })),
);

/** How many kinds there are, places apart. */
export const KINDS = kinds.length;

/** The `at`th of all kinds at all places, as often around as one likes; or, `isMutated`, any of them with bytes changed. */
export function makeDeviation(random: Random, at: number, ids: Ids, isMutated: boolean): Deviation {
  const { name, how, make } = kinds[at % kinds.length]!;
  const place = PLACES[Math.floor(at / kinds.length) % PLACES.length]!;
  const bytes = make(ids[place], random);
  return { frame: name, how, place, isMutated, bytes: isMutated ? mutateFrame(random, bytes) : bytes };
}

/** Changes flags, the stream and the payload; lengths stay right, so that what follows is read as it is meant. */
function mutateFrame(random: Random, bytes: Buffer): Buffer {
  const first = bytes.subarray(0, 9 + bytes.readUIntBE(0, 3));
  const payload = random.chance(0.7) ? mutate(random, first.subarray(9)).subarray(0, 16_384) : first.subarray(9);
  // A header block stays whole: what follows would be taken for its end.
  const flags = random.chance(0.7) ? first[4]! : random.int(256) | Flag.END_HEADERS;
  return frame(first[3]!, flags, first.readUInt32BE(5), payload);
}
