import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, FrameType, frame, headerBlock, openFrame } from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode } from "../../src/index.ts";
import { recordServer } from "../support/recorded-server.ts";

const { DATA, HEADERS, RST_STREAM, CONTINUATION } = FrameType;
type Pair = readonly [name: string, value: string];

const pseudo: readonly Pair[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/echo"],
  [":authority", "test"],
];
const without = (name: string): Pair[] => pseudo.filter(([other]) => other !== name);
const withPath = (path: string): Pair[] => [...without(":path"), [":path", path]];

const malformed: readonly (readonly [what: string, headers: readonly Pair[], why: RegExp])[] = [
  ["no :method", without(":method"), /needs a :method/],
  ["an empty :method", [[":method", ""], ...without(":method")], /needs a :method/],
  ["a :method with a space", [[":method", "GET /"], ...without(":method")], /:method/],
  ["no :scheme", without(":scheme"), /needs a :scheme/],
  ["no :path", without(":path"), /needs a :path that begins with \/, and had none/],
  ["an empty :path", withPath(""), /needs a :path/],
  ["a :path that is a URL", withPath("http://test/"), /needs a :path/],
  ["a :path of * that is not for OPTIONS", withPath("*"), /needs a :path/],
  [":method twice", [...pseudo, [":method", "POST"]], /had :method twice/],
  [":path twice", [...pseudo, [":path", "/echo"]], /had :path twice/],
  [":scheme twice", [...pseudo, [":scheme", "http"]], /had :scheme twice/],
  [":authority twice", [...pseudo, [":authority", "test"]], /had :authority twice/],
  [":status", [...pseudo, [":status", "200"]], /no pseudo-header :status/],
  [":protocol, which nobody said could be used", [...pseudo, [":protocol", "websocket"]], /no pseudo-header :protocol/],
  ["a pseudo-header behind others", [...without(":authority"), ["a", "b"], [":authority", "t"]], /:authority stood/],
  ["a user in :authority", [...without(":authority"), [":authority", "me@test"]], /held a user's name/],
  ["a CONNECT with a :path", [[":method", "CONNECT"], ...without(":method")], /a CONNECT has an :authority/],
  ["a CONNECT without an :authority", [[":method", "CONNECT"]], /a CONNECT has an :authority/],
  ["capitals", [...pseudo, ["Accept", "a"]], /cannot be called so/],
  ["an empty name", [...pseudo, ["", "a"]], /cannot be called so/],
  ["a name with a space", [...pseudo, ["a b", "a"]], /cannot be called so/],
  ["connection", [...pseudo, ["connection", "close"]], /connection is HTTP\/1.1's/],
  ["keep-alive", [...pseudo, ["keep-alive", "1"]], /keep-alive is HTTP\/1.1's/],
  ["proxy-connection", [...pseudo, ["proxy-connection", "close"]], /HTTP\/1.1's/],
  ["transfer-encoding", [...pseudo, ["transfer-encoding", "chunked"]], /HTTP\/1.1's/],
  ["upgrade", [...pseudo, ["upgrade", "h2c"]], /HTTP\/1.1's/],
  ["te that is not trailers", [...pseudo, ["te", "trailers, deflate"]], /te is trailers, and was trailers, deflate/],
  ["a line break in a value", [...pseudo, ["a", "b\r\nc: d"]], /had characters/],
  ["a null in a value", [...pseudo, ["a", "b\0"]], /had characters/],
  ["a blank before a value", [...pseudo, ["a", " b"]], /had characters/],
  ["a line break in :path", withPath("/\r\nx: y"), /had characters/],
  ["a content-length that is no number", [...pseudo, ["content-length", "1x"]], /was no number/],
  ["a negative content-length", [...pseudo, ["content-length", "-1"]], /was no number/],
  ["an empty content-length", [...pseudo, ["content-length", ""]], /was no number/],
  ["two content-lengths", [...pseudo, ["content-length", "1"], ["content-length", "2"]], /had two/],
];

for (const [what, headers, why] of malformed) {
  test(`a request with ${what} costs its stream only, and nobody is told of it`, () => {
    const server = recordServer();
    server.give(frame(HEADERS, Flag.END_HEADERS, 1, headerBlock(headers)));
    assert.equal(server.events.length, 1);
    assert.match(server.events[0]!, why);
    assert.match(server.events[0]!, /^minor protocol-error/);
    const [reset] = server.written();
    assert.deepEqual([reset?.type, reset?.streamId, reset?.payload.readUInt32BE(0)], [RST_STREAM, 1, 1]);
    assert.equal(server.connection.streamCount, 0);
    server.give(frame(DATA, 0, 1, Buffer.alloc(9)), openFrame(3));
    assert.equal(server.events.length, 2, "what crossed the reset is nobody's fault, and the next request is taken");
    assert.match(server.events[1]!, /^#3 request/);
  });
}

const fine: readonly (readonly [what: string, headers: readonly Pair[]])[] = [
  ["without an :authority", without(":authority")],
  [
    "OPTIONS *",
    [
      [":method", "OPTIONS"],
      [":scheme", "http"],
      [":path", "*"],
    ],
  ],
  [
    "CONNECT",
    [
      [":method", "CONNECT"],
      [":authority", "test:443"],
    ],
  ],
  ["te: trailers", [...pseudo, ["te", "trailers"]]],
  ["two content-lengths that agree", [...pseudo, ["content-length", "2"], ["content-length", "2"]]],
  ["bytes above ASCII in a value", [...pseudo, ["a", "\xe4\xff\t b"]]],
];

for (const [what, headers] of fine) {
  test(`a request ${what} is taken`, () => {
    const server = recordServer();
    server.give(frame(HEADERS, Flag.END_HEADERS, 1, headerBlock(headers)));
    assert.deepEqual(server.events, [`#1 request ${headers.flat().join(" ")}`]);
  });
}

test("a body is as long as its content-length, whatever its padding", () => {
  const open = (length: number, flags = 0): Buffer =>
    frame(HEADERS, Flag.END_HEADERS | flags, 1, headerBlock([...pseudo, ["content-length", String(length)]]));
  const bodies: readonly (readonly [why: string, came: readonly Buffer[], last: RegExp])[] = [
    [
      "right",
      [open(5), frame(DATA, Flag.PADDED, 1, Buffer.from("\x02abc\0\0")), frame(DATA, 1, 1, Buffer.from("de"))],
      /end$/,
    ],
    ["nothing", [open(0, 1)], /request/],
    ["longer", [open(2), frame(DATA, 0, 1, Buffer.from("abc"))], /longer than its content-length/],
    ["shorter", [open(2), frame(DATA, 1, 1, Buffer.from("a"))], /shorter than its content-length/],
    ["none at all", [open(2, 1)], /shorter than its content-length/],
    [
      "ended by trailers",
      [open(2), frame(HEADERS, 5, 1, headerBlock([["a", "b"]]))],
      /shorter than its content-length/,
    ],
  ];
  for (const [why, came, last] of bodies) {
    const server = recordServer();
    server.give(...came);
    assert.match(server.events.at(-1) ?? "", last, why);
    const resets = server.written().filter(({ type }) => type === RST_STREAM);
    assert.equal(resets.length, why === "right" || why === "nothing" ? 0 : 1, why);
  }
});

test("more headers than are taken can be answered, by pairs and by bytes, and the HPACK tables stay in step", () => {
  const many = headerBlock([...pseudo, ...Array<Pair>(61).fill(["a", "b"])]);
  const long = headerBlock([...pseudo, ["a", "b".repeat(17_000)]]);
  // Adds x: yyy… to the table, then names it again and again: 400 bytes that say 400 KB.
  const bomb = Buffer.concat([
    Buffer.of(0x40, 1, 120, 0x7f, 0xe9, 0x06),
    Buffer.alloc(1_000, "y"),
    Buffer.alloc(400, 0xbe),
  ]);
  for (const [block, size] of [
    [many, "65 2248"],
    [long, "5 17207"],
    [bomb, "401 414233"],
  ] as const) {
    const server = recordServer();
    server.give(
      frame(HEADERS, 0, 1, Buffer.from("400161", "hex")),
      frame(CONTINUATION, 0, 1, Buffer.from("0162", "hex")),
    );
    server.give(
      frame(CONTINUATION, 0, 1, block.subarray(0, 10_000)),
      frame(CONTINUATION, 4, 1, block.subarray(10_000)),
    );
    const [pairs, bytes] = size.split(" ").map(Number);
    assert.deepEqual(server.events, [`#1 too large ${pairs! + 1} ${bytes! + 34}`]);
    server.connection.respond(server.streams.get(1)!, Buffer.of(0x8d), true);
    assert.deepEqual(
      server.written().map(({ type, flags }) => [type, flags]),
      [
        [HEADERS, 5],
        [RST_STREAM, 0],
      ],
    );
    const index = block === bomb ? 0xbf : 0xbe;
    server.give(frame(HEADERS, 5, 3, Buffer.concat([headerBlock(pseudo), Buffer.of(index)])));
    assert.match(server.events.at(-1)!, /^#3 request .* a b end$/, "what it put into the table is there");
  }
});

test("one stream more than may be open is refused, and taken when another has ended", () => {
  const server = recordServer({ maxStreams: 2 });
  server.give(openFrame(1), openFrame(3), openFrame(5), frame(DATA, 0, 5, Buffer.alloc(3)));
  const [reset, ...others] = server.written();
  assert.deepEqual(
    [reset?.type, reset?.streamId, reset?.payload.readUInt32BE(0)],
    [RST_STREAM, 5, ErrorCode.REFUSED_STREAM],
  );
  assert.deepEqual(others, []);
  assert.match(server.events.at(-1)!, /^minor stream-limit/);
  server.connection.reset(server.streams.get(1)!, ErrorCode.CANCEL);
  server.give(openFrame(7));
  assert.match(server.events.at(-1)!, /^#7 request/);
});
