import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Random } from "../../../xds/test/support/random.ts";
import type { Count } from "./differential.ts";

/** What one request does. */
interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Buffer[];
  readonly trailers: Readonly<Record<string, string>> | undefined;
  /** How many pieces are sent before it is reset; `undefined`: it is not. */
  readonly resetAfter: number | undefined;
  /** Reads nothing for so many turns. */
  readonly pauseTurns: number;
}

/** A server that does not answer all requests of a connection for so long hangs. */
const patienceMs = 20_000;

/** The servers that are compared. */
export interface Ports {
  readonly own: number;
  readonly oracle: number;
}

/**
 * `node:http2`'s own client, with requests side by side whose bodies are larger than the windows: both servers give it the same answers.
 * @returns pieces that were sent, about as many frames
 */
export async function playNodeClient({ own, oracle }: Ports, random: Random, count: Count): Promise<number> {
  const window = random.pick([100, 16_384, 65_535, 1_000_000]);
  const requests = Array.from({ length: 1 + random.int(20) }, () => makeRequest(random));
  const [ours, theirs] = await Promise.all([own, oracle].map((port) => askAll(port, window, requests)));
  requests.forEach((request, at) => {
    if (request.resetAfter !== undefined) return; // how far the answer got is chance
    if (ours![at] !== theirs![at]) {
      throw new Error(`${request.path}: ours answered\n  ${ours![at]}\nand the oracle\n  ${theirs![at]}`);
    }
    count(ours![at]!.startsWith("200") ? "200" : ours![at]!);
  });
  return requests.reduce((sum, { pieces }) => sum + 1 + pieces.length, 0);
}

function makeRequest(random: Random): Request {
  const pieces = Array.from({ length: random.int(8) }, () =>
    random.bytes(random.int(random.chance(0.2) ? 60_000 : 2_000)),
  );
  const path = random.pick(["/echo", "/echo", "/count", "/nothing", `/now/${random.int(100_000)}`, "/reset/8"]);
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return {
    path,
    headers: {
      ...Object.fromEntries(
        Array.from({ length: random.int(10) }, (_, at) => [`x-${at}`, "v".repeat(random.int(300))]),
      ),
      ...(random.chance(0.2) && { "content-length": String(bytes) }),
    },
    pieces,
    trailers: random.chance(0.2) ? { "x-trailer": "t" } : undefined,
    resetAfter: random.chance(0.1) ? random.int(pieces.length + 1) : undefined,
    // A client that is paused when RST_STREAM(NO_ERROR) comes behind a whole answer never takes it up again: node:http2's, at least.
    pauseTurns: /echo|count/.test(path) && random.chance(0.3) ? random.int(20) : 0,
  };
}

async function askAll(port: number, window: number, requests: readonly Request[]): Promise<string[]> {
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: window } });
  const failed = new Promise<never>((_, reject) => session.once("error", reject));
  failed.catch(() => {});
  const timer = setTimeout(() => session.destroy(new Error(`no answer came for ${patienceMs} ms`)), patienceMs);
  try {
    return await Promise.race([failed, Promise.all(requests.map((request) => ask(session, request)))]);
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

async function ask(session: ClientHttp2Session, request: Request): Promise<string> {
  const { path, headers, pieces, trailers, resetAfter, pauseTurns } = request;
  const stream = session.request(
    { ":method": "POST", ":path": path, ...headers },
    { waitForTrailers: trailers !== undefined },
  );
  const answered = read(stream);
  if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (pauseTurns > 0) stream.pause();
  for (const [at, piece] of pieces.entries()) {
    if (at === resetAfter) stream.close(8);
    if (stream.closed || stream.destroyed) break;
    stream.write(piece);
    await nextTurn();
  }
  if (!stream.closed) stream.end();
  for (let turn = 0; turn < pauseTurns; turn++) await nextTurn();
  stream.resume();
  // One that is reset behind a whole answer never closes, in node:http2's client; how far it got is not compared anyway.
  return resetAfter === undefined ? await answered : "reset";
}

/** Status, body, trailers and how it ended. */
function read(stream: ClientHttp2Stream): Promise<string> {
  let status = 0;
  let bytes = 0;
  let sum = 1;
  let trailers: unknown;
  stream.on("response", ({ ":status": got }) => {
    status = got ?? 0;
  });
  stream.on("trailers", ({ "x-bytes": got }) => {
    trailers = got;
  });
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    for (const byte of chunk) sum = (Math.imul(sum, 31) + byte) >>> 0;
  });
  stream.on("error", () => {});
  return new Promise((resolve) => {
    stream.once("close", () => resolve(`${status} ${bytes} ${sum} ${String(trailers)} ${stream.rstCode}`));
  });
}
