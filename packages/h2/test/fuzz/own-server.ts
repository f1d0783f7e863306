import {
  ByteWriter,
  defaultServerOptions,
  ErrorCode,
  type ErrorCodeValue,
  encodeHeaders,
  type H2Error,
  headerValue,
  type RequestHandler,
  ServerConnection,
  type ServerConnectionHandler,
  type ServerStream,
  SharedMessage,
} from "../../src/index.ts";
import { type Answer, answerTo, bodyOf, common } from "./answers.ts";

const found = encodeHeaders([
  [":status", "200"],
  ["content-type", "text/plain"],
]);
const notFound = encodeHeaders([[":status", "404"]]);
const tooLarge = ErrorCode.ENHANCE_YOUR_CALM;

/** A connection of the server under test, without a socket: answers as {@link answerTo} says. */
export class OwnServer implements ServerConnectionHandler {
  readonly connection: ServerConnection;
  readonly #writer = new ByteWriter(16_384);
  #output: Buffer[] = [];
  /** What ended the connection. */
  fault: H2Error | undefined;
  /** What cost the client a stream, or was counted. */
  readonly minorFaults: string[] = [];
  /** Streams whose end was told; each once. */
  readonly closed = new Set<number>();
  readonly #told: Record<Answer["kind"], RequestHandler>;

  constructor(more: Partial<typeof defaultServerOptions> = {}) {
    this.connection = new ServerConnection({ ...defaultServerOptions, ...common, ...more }, this);
    this.#told = handlersOf(this);
    this.connection.start();
  }

  /** What was written since the last call. */
  take(): Buffer {
    this.#flush();
    const taken = this.#output.length === 1 ? this.#output[0]! : Buffer.concat(this.#output);
    this.#output = [];
    return taken;
  }

  output(): ByteWriter {
    return this.#writer;
  }

  writeShared(frames: Uint8Array): void {
    this.#flush();
    this.#output.push(Buffer.from(frames));
  }

  onRequest(stream: ServerStream, headers: readonly string[], isEndStream: boolean): RequestHandler | undefined {
    const answer = answerTo(headerValue(headers, ":path") ?? "");
    counts.set(stream, 0);
    const { connection } = this;
    switch (answer.kind) {
      case "echo":
        connection.respond(stream, found);
        break;
      case "now":
        connection.respond(stream, found);
        connection.send(stream, new SharedMessage(bodyOf(answer.bytes)));
        connection.sendTrailers(stream, encodeHeaders([["x-bytes", String(answer.bytes)]]));
        return this.#told.now;
      case "empty":
        connection.respond(stream, notFound, true);
        break;
      case "reset":
        connection.reset(stream, answer.code as ErrorCodeValue);
    }
    if (isEndStream && !stream.isClosed) this.#told[answer.kind].onEnd(stream);
    return this.#told[answer.kind];
  }

  onHeadersTooLarge(stream: ServerStream): void {
    this.connection.reset(stream, tooLarge);
  }

  onPing(): void {}
  onSettings(): void {}
  onGoaway(): void {}

  onMinorFault(error: H2Error): void {
    this.minorFaults.push(error.message);
  }

  onFault(error: H2Error): void {
    this.fault = error;
  }

  #flush(): void {
    if (this.#writer.length === 0) return;
    const taken = this.#writer.take();
    this.#output.push(Buffer.from(taken));
    this.#writer.reuse(taken);
  }
}

const counts = new WeakMap<ServerStream, number>();

function handlersOf(server: OwnServer): Record<Answer["kind"], RequestHandler> {
  const base = {
    onData(stream: ServerStream, _chunk: Uint8Array, start: number, end: number) {
      counts.set(stream, counts.get(stream)! + end - start);
    },
    onEnd() {},
    onSent() {},
    onClosed(stream: ServerStream) {
      if (server.closed.has(stream.id)) throw new Error(`stream ${stream.id} was closed twice`);
      server.closed.add(stream.id);
    },
  };
  const { connection } = server;
  const trailers = (stream: ServerStream) => encodeHeaders([["x-bytes", String(counts.get(stream))]]);
  return {
    hold: base,
    empty: base,
    reset: base,
    now: base,
    echo: {
      ...base,
      onData(stream, chunk, start, end) {
        base.onData(stream, chunk, start, end);
        connection.send(stream, Uint8Array.from(chunk.subarray(start, end)));
      },
      onEnd: (stream) => connection.sendTrailers(stream, trailers(stream)),
    },
    count: {
      ...base,
      onEnd(stream) {
        connection.respond(stream, found);
        connection.send(stream, Buffer.from(`${counts.get(stream)} bytes`));
        connection.sendTrailers(stream, trailers(stream));
      },
    },
  };
}
