import { settingsFrame } from "../../../xds/test/support/http2-frames.ts";
import {
  ByteWriter,
  ClientConnection,
  type ClientOptions,
  type ClientStream,
  defaultClientOptions,
  type StreamHandler,
} from "../../src/index.ts";
import { framesOf, type WrittenFrame } from "./written-frames.ts";

/** A client without a socket, what happened to it as text, and the frames that it wrote. */
export interface RecordedClient {
  readonly connection: ClientConnection;
  readonly events: string[];
  readonly handler: StreamHandler;
  /** The frames since the last call; the preface is not one. */
  written(): WrittenFrame[];
  /** Gives the client bytes of the server. */
  give(...bytes: readonly Uint8Array[]): void;
}

/** A client that has written its preface; `isReady`: and had the server's first, empty SETTINGS. */
export function recordClient(options: Partial<ClientOptions> = {}, isReady = true): RecordedClient {
  const out = new ByteWriter(256);
  const events: string[] = [];
  const connection = new ClientConnection(
    { ...defaultClientOptions, ...options },
    {
      output: () => out,
      onReady: () => void events.push("ready"),
      onGoaway: ({ code, lastStreamId, text }) =>
        void events.push(`goaway ${code} after ${lastStreamId} ${text}`.trim()),
      onPong: () => void events.push("pong"),
      onFault: (error) => void events.push(`fault ${error.code}: ${error.message}`),
    },
  );
  const name = (stream: ClientStream): string => `#${stream.id}`;
  const handler: StreamHandler = {
    onHeaders: (stream, headers) => void events.push(`${name(stream)} headers ${headers.join(" ")}`),
    onData: (stream, chunk, start, end) =>
      void events.push(`${name(stream)} data ${Buffer.from(chunk.subarray(start, end)).toString("latin1")}`),
    onTrailers: (stream, headers) => void events.push(`${name(stream)} trailers ${headers.join(" ")}`),
    onClosed: (stream, end) => {
      const detail =
        "code" in end ? ` ${end.code}` : "error" in end ? ` ${end.error.code}` : "by" in end ? ` by ${end.by}` : "";
      events.push(`${name(stream)} ${end.kind}${detail}`);
    },
  };
  const written = (): WrittenFrame[] => framesOf(Buffer.from(out.take()));
  connection.start();
  out.take();
  const give = (...bytes: readonly Uint8Array[]): void => connection.receive(Buffer.concat(bytes));
  if (isReady) {
    give(settingsFrame());
    written();
    events.length = 0;
  }
  return { connection, events, handler, written, give };
}
