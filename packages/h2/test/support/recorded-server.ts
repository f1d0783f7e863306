import { preface, settingsFrame } from "../../../xds/test/support/http2-frames.ts";
import {
  ByteWriter,
  defaultServerOptions,
  type RequestEnd,
  type RequestHandler,
  ServerConnection,
  type ServerOptions,
  type ServerStream,
} from "../../src/index.ts";
import { framesOf, type WrittenFrame } from "./written-frames.ts";

/** A server without a socket, what happened to it as text, and the frames that it wrote. */
export interface RecordedServer {
  readonly connection: ServerConnection;
  readonly events: string[];
  /** Streams by their ids, those that are over too. */
  readonly streams: Map<number, ServerStream>;
  /** The frames since the last call. */
  written(): WrittenFrame[];
  /** Gives the server bytes of the client. */
  give(...bytes: readonly Uint8Array[]): void;
}

/** What a test wants done when a request comes, before the handler is returned. */
export type OnRequest = (stream: ServerStream, connection: ServerConnection) => void;

/** A server that has written its SETTINGS; `isReady`: and had the client's preface and empty SETTINGS. */
export function recordServer(
  options: Partial<ServerOptions> = {},
  { isReady = true, onRequest }: { readonly isReady?: boolean; readonly onRequest?: OnRequest } = {},
): RecordedServer {
  const out = new ByteWriter(256);
  const events: string[] = [];
  const streams = new Map<number, ServerStream>();
  const tell = (stream: ServerStream, what: string): void => void events.push(`#${stream.id} ${what}`);
  const handler: RequestHandler = {
    onData: (stream, chunk, start, end) => tell(stream, `data ${Buffer.from(chunk).toString("latin1", start, end)}`),
    onEnd: (stream) => tell(stream, "end"),
    onSent: (stream) => tell(stream, "sent"),
    onClosed: (stream, end) => tell(stream, `closed ${described(end)}`),
  };
  const connection = new ServerConnection(
    { ...defaultServerOptions, ...options },
    {
      output: () => out,
      writeShared: (frames) => out.append(frames),
      onRequest(stream, headers, isEndStream) {
        streams.set(stream.id, stream);
        tell(stream, `request ${headers.join(" ")}${isEndStream ? " end" : ""}`);
        onRequest?.(stream, connection);
        return handler;
      },
      onHeadersTooLarge(stream, pairs, bytes) {
        streams.set(stream.id, stream);
        tell(stream, `too large ${pairs} ${bytes}`);
      },
      onPing: () => void events.push("ping"),
      onSettings: () => void events.push("settings"),
      onGoaway: (code) => void events.push(`goaway ${code}`),
      onMinorFault: (error) => void events.push(`minor ${error.code}: ${error.message}`),
      onFault: (error) => void events.push(`fault ${error.code}: ${error.message}`),
    },
  );
  const written = (): WrittenFrame[] => framesOf(Buffer.from(out.take()));
  connection.start();
  const give = (...bytes: readonly Uint8Array[]): void => connection.receive(Buffer.concat(bytes));
  if (isReady) {
    give(preface, settingsFrame());
    written();
    events.length = 0;
  }
  return { connection, events, streams, written, give };
}

function described(end: RequestEnd): string {
  if ("code" in end) return `${end.kind} ${end.code}`;
  return "error" in end ? `${end.kind} ${end.error.code}` : end.kind;
}
