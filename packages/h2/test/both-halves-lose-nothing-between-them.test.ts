import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ByteWriter,
  ClientConnection,
  type ClientStream,
  defaultClientOptions,
  defaultServerOptions,
  encodeHeaders,
  ServerConnection,
  type ServerStream,
  SharedMessage,
} from "../src/index.ts";

const request = encodeHeaders([
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/echo"],
]);
const ok = encodeHeaders([[":status", "200"]]);
const trailers = encodeHeaders([["grpc-status", "0"]]);
const window = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 101, max: 200_000 }));
const frameBytes = fc.integer({ min: 16_384, max: 40_000 });

const side = fc.record({
  streamWindowBytes: window,
  connectionWindowBytes: fc.integer({ min: 65_535, max: 200_000 }),
  maxFrameBytes: frameBytes,
});

type Step =
  | {
      readonly kind: "send";
      readonly by: "client" | "server";
      readonly stream: number;
      readonly size: number;
      readonly shared: boolean;
    }
  | { readonly kind: "pump"; readonly to: "client" | "server"; readonly bytes: number }
  | { readonly kind: "pause" | "resume"; readonly stream: number }
  | { readonly kind: "hold" }
  | { readonly kind: "release" };

const by = fc.constantFrom<"client" | "server">("client", "server");
const stream = fc.nat(3);
const size = fc.oneof(fc.nat(200), fc.nat(90_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), by, stream, size, shared: fc.boolean() }),
  fc.record({ kind: fc.constant("pump" as const), to: by, bytes: fc.integer({ min: 1, max: 60_000 }) }),
  fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const), stream }),
  fc.constantFrom({ kind: "hold" as const }, { kind: "release" as const }),
);

/** Bytes on their way, in pieces. */
class Pipe {
  readonly out = new ByteWriter(1_024);
  #waiting: Buffer[] = [];

  writeShared(bytes: Uint8Array): void {
    this.#take();
    this.#waiting.push(Buffer.from(bytes));
  }

  /** Gives at most so many bytes on. @returns how many */
  pump(most: number, receive: (chunk: Buffer) => void): number {
    this.#take();
    const all = Buffer.concat(this.#waiting);
    const given = all.subarray(0, most);
    this.#waiting = [all.subarray(most)];
    if (given.length > 0) receive(given);
    return given.length;
  }

  #take(): void {
    const taken = this.out.take();
    this.#waiting.push(Buffer.from(taken));
    this.out.reuse(taken);
  }
}

/** Counts up through bytes, so that each place has its own: what is lost, doubled or moved shows. */
class Tape {
  #made = 0;
  #read = 0;

  make(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = (this.#made + at) % 251;
    this.#made += length;
    return bytes;
  }

  check(chunk: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) if (chunk[at] !== this.#read++ % 251) assert.fail("a byte is not the next");
  }

  get isAtEnd(): boolean {
    return this.#read === this.#made;
  }
}

test("whatever the windows, frames, sizes, pauses and pieces, both halves get what the other sent, and streams end well", () => {
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 40 }),
      (mine, yours, streams, steps) => {
        const toServer = new Pipe();
        const toClient = new Pipe();
        const requests = Array.from({ length: streams }, () => new Tape());
        const answers = Array.from({ length: streams }, () => new Tape());
        const ends: string[] = [];
        const opened: ServerStream[] = [];
        const at = (streamId: number): number => (streamId - 1) / 2;
        const fail = (error: Error): void => assert.fail(error.message);

        const server = new ServerConnection(
          { ...defaultServerOptions, ...yours, maxQueuedBytes: 2 ** 30 },
          {
            output: () => toClient.out,
            writeShared: (frames: Uint8Array) => toClient.writeShared(frames),
            onRequest(incoming) {
              opened[at(incoming.id)] = incoming;
              server.respond(incoming, ok);
              return {
                onData: (_stream, chunk, start, end) => requests[at(incoming.id)]!.check(chunk, start, end),
                onEnd: () => server.sendTrailers(incoming, trailers),
                onSent: () => assert.equal(incoming.queue, undefined),
                onClosed: (_stream, end) => ends.push(`server ${incoming.id} ${end.kind}`),
              };
            },
            onHeadersTooLarge: () => assert.fail("headers are small"),
            onPing() {},
            onSettings() {},
            onGoaway() {},
            onMinorFault: fail,
            onFault: fail,
          },
        );
        const client = new ClientConnection(
          { ...defaultClientOptions, ...mine, maxQueuedBytes: 2 ** 30 },
          { output: () => toServer.out, onReady() {}, onGoaway() {}, onPong() {}, onFault: fail },
        );
        client.start();
        server.start();
        const mineOpen: ClientStream[] = requests.map((_, index) =>
          client.open(request, {
            onHeaders() {},
            onData: (_stream, chunk, start, end) => answers[index]!.check(chunk, start, end),
            onTrailers: (_stream, headers) => assert.deepEqual(headers, ["grpc-status", "0"]),
            onClosed: (_stream, end) => ends.push(`client ${2 * index + 1} ${end.kind}`),
          }),
        );
        const pump = (to: "client" | "server", bytes: number): number =>
          to === "client"
            ? toClient.pump(bytes, (chunk) => client.receive(chunk))
            : toServer.pump(bytes, (chunk) => server.receive(chunk));
        const send = (one: Step & { readonly kind: "send" }, index: number): void => {
          if (one.by === "client") {
            client.send(mineOpen[index]!, requests[index]!.make(one.size));
          } else if (opened[index] !== undefined) {
            const bytes = answers[index]!.make(one.size);
            server.send(opened[index], one.shared ? new SharedMessage(bytes) : bytes);
          }
        };

        for (const one of steps) {
          if (one.kind === "send") send(one, one.stream % streams);
          else if (one.kind === "pump") pump(one.to, one.bytes);
          else if (one.kind === "hold" || one.kind === "release") server[one.kind]();
          else if (opened[one.stream % streams] !== undefined) server[one.kind](opened[one.stream % streams]!);
        }
        while (pump("client", 50_000) + pump("server", 50_000) > 0);
        server.release();
        for (const one of opened) server.resume(one);
        for (const one of mineOpen) client.end(one);
        while (pump("client", 50_000) + pump("server", 50_000) > 0);

        assert.ok([...requests, ...answers].every((tape) => tape.isAtEnd));
        assert.deepEqual(
          ends.toSorted(),
          ["client", "server"].flatMap((who) => requests.map((_, index) => `${who} ${2 * index + 1} ended`)),
        );
        assert.deepEqual(
          [server.queuedBytes, client.queuedBytes, server.streamCount, client.streamCount],
          [0, 0, 0, 0],
        );
      },
    ),
    { numRuns: 300 },
  );
});
