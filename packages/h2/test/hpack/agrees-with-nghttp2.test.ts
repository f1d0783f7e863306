import assert from "node:assert/strict";
import { createServer, type Http2Server } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { createRandom, type Random } from "../../../xds/test/support/random.ts";
import {
  ByteWriter,
  ClientConnection,
  defaultClientOptions,
  encodeHeaders,
  type StreamHandler,
} from "../../src/index.ts";

// Node's own HTTP/2 (nghttp2) is the oracle: it decodes what we encode, and we decode what it encodes, with its dynamic table.
let server: Http2Server;
before(async () => {
  server = createServer();
  server.on("stream", (stream, _headers, _flags, rawHeaders) => {
    const echoed: string[] = [":status", "200"];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      if (!rawHeaders[at]!.startsWith(":")) echoed.push(rawHeaders[at]!, rawHeaders[at + 1]!);
    }
    stream.respond(echoed, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => server.close());

const seed = 7541;
const request = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "test"],
] as const;

for (const headerTableBytes of [0, 100, 4_096, 65_536]) {
  for (const huffman of [true, false]) {
    const variant = `a table of ${headerTableBytes} bytes, ${huffman ? "Huffman" : "plain"}`;
    test(`200 random header lists come back as they went, with ${variant} (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const lists = Array.from({ length: 200 }, () => randomHeaders(random));
      const received = await exchange(lists, headerTableBytes, huffman);
      for (const [at, list] of lists.entries()) {
        assert.deepEqual(received[at], [":status", "200", ...list.flat()], `list ${at}`);
      }
    });
  }
}

/** Sends each list as a request of its own, one after the other on one connection; the responses' headers but the date. */
async function exchange(
  lists: readonly [string, string][][],
  headerTableBytes: number,
  huffman: boolean,
): Promise<string[][]> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const received: string[][] = [];
  const out = new ByteWriter();
  const socket: Socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  const connection = new ClientConnection(
    { ...defaultClientOptions, headerTableBytes },
    { output: () => out, onReady() {}, onGoaway: () => reject(new Error("GOAWAY")), onPong() {}, onFault: reject },
  );
  const handler: StreamHandler = {
    onHeaders: (_stream, headers) => void received.push(withoutDate(headers)),
    onData() {},
    onTrailers() {},
    onClosed: (_stream, end) => (end.kind === "ended" ? next() : reject(new Error(end.kind))),
  };
  const next = () => {
    const list = lists[received.length];
    if (list === undefined) return resolve();
    connection.end(connection.open(encodeHeaders([...request, ...list], { huffman }), handler));
  };
  const flush = (): void => void (out.length > 0 && socket.write(Uint8Array.from(out.take())));
  socket.on("data", (chunk) => {
    connection.receive(chunk);
    flush();
  });
  socket.on("error", reject);
  connection.start();
  next();
  flush();
  try {
    await promise;
  } finally {
    socket.destroy();
  }
  return received;
}

function withoutDate(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)] !== "date");
}

/** Names and values that repeat often enough for tables to matter; values of any visible Latin-1 character. */
function randomHeaders(random: Random): [string, string][] {
  const names = ["accept", "vary", "link", "via", "x-a", "x-b", `x-${random.int(40)}`, "x-long"];
  return Array.from({ length: 1 + random.int(12) }, () => {
    const length = random.chance(0.05) ? random.int(3_000) : random.int(30);
    const characters = Array.from({ length }, () =>
      String.fromCharCode(random.chance(0.2) ? 0xa1 + random.int(94) : 0x21 + random.int(94)),
    );
    const value = random.chance(0.4)
      ? random.pick(["a", "application/grpc", "gzip, deflate", ""])
      : characters.join("");
    return [random.pick(names), value];
  });
}
