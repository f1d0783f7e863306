// The edge of a checkout, alone: every stream is sent the same message when the parent says so, and its answers are counted.
import { pathToFileURL } from "node:url";
import type { Http2ListenOptions } from "../../src/server/http2/listen.ts";
import type { ServerStream, StreamHandler, Transport, TransportHandler } from "../../src/server/transport.ts";

/** What the parent asks. */
export type Command = {
  /** What is asked waits for so many streams. */
  readonly streams: number;
  readonly push?: { readonly rounds: number; readonly bytes: number };
};

/** What it is answered. */
export interface Look {
  readonly rssKiB: number;
  /** Of the rounds, µs for each push and its answer. */
  readonly cpuUs: number;
}

type Listen = (options: Http2ListenOptions, handler: TransportHandler) => Promise<Transport>;
type Share = new (bytes: Uint8Array) => Uint8Array;

const [root = "", listenOptions = "{}"] = process.argv.slice(2);
const load = (path: string) => import(pathToFileURL(`${root}/packages/${path}`).href);
const { listenHttp2 } = (await load("xds/src/server/http2/listen.ts")) as { listenHttp2: Listen };
// An edge that cannot share frames is sent the bytes.
const { SharedMessage } = (await load("xds/src/index.ts")) as { SharedMessage?: Share };

const streams = new Set<ServerStream>();
let answersLeft = 0;
let onAnswered = (): void => {};
const handler: TransportHandler = {
  onStream: (stream): StreamHandler => {
    streams.add(stream);
    return {
      onMessage: () => {
        answersLeft -= 1;
        if (answersLeft === 0) onAnswered();
      },
      onEnd() {},
      onDrain() {},
      onClose: () => void streams.delete(stream),
    };
  },
};

const { port } = (await listenHttp2({ port: 0, ...JSON.parse(listenOptions) }, handler)).address;
process.on("message", (command: Command) => void obey(command));
process.send?.({ port });

async function obey(command: Command): Promise<void> {
  while (streams.size < command.streams) await new Promise((resolve) => setTimeout(resolve, 10));
  const cpuUs = command.push ? await push(command.push.rounds, command.push.bytes) : 0;
  if (command.push === undefined) globalThis.gc?.();
  const look: Look = { rssKiB: process.memoryUsage.rss() / 1_024, cpuUs };
  process.send?.(look);
}

async function push(rounds: number, bytes: number): Promise<number> {
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    answersLeft = streams.size;
    const answered = new Promise<void>((resolve) => {
      onAnswered = resolve; // looking whether they are there would cost CPU, the more the slower the clients are
    });
    const frame = Buffer.alloc(5 + bytes);
    frame.writeUInt32BE(bytes, 1);
    const message = SharedMessage === undefined ? frame : new SharedMessage(frame);
    for (const stream of streams) stream.send(message);
    await answered;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (rounds * streams.size);
}
