import type { Socket } from "node:net";
import { formatAddress } from "../plan/address.ts";
import { nowMs } from "../run/clock.ts";
import type { Client, Desk } from "./client.ts";
import type { ClientEnd } from "./client-end.ts";
import type { Endpoint } from "./transport/endpoint.ts";
import { openSocket } from "./transport/open-socket.ts";
import { readBuffer } from "./transport/read-buffer.ts";

/** `FLOORv1\n`, the number of resources, 4 zero bytes. */
const HELLO = "FLOORv1\n";
const HELLO_BYTES = 16;
/** Stands for an ACK: a length of 100, and so many bytes. */
const ACK = Buffer.alloc(104);
ACK.writeUInt32BE(100);
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** What a client of the floor needs. */
export interface RawClientOptions {
  readonly desk: Desk;
  readonly endpoint: Endpoint;
  /** Resources that the server holds. */
  readonly count: number;
  readonly number: number;
  readonly row: number;
}

/** A reader of the floor: the bytes of a `DiscoveryResponse` behind a length, on bare TCP or TLS (packages/bench/peers/rust/floor, peers/tls). */
export class RawClient implements Client {
  readonly number: number;
  readonly row: number;
  awaited = 0;

  private readonly options: RawClientOptions;
  private socket: Socket | undefined;
  /** A message that is not whole yet. */
  private partial: Buffer | undefined;
  private have = 0;

  constructor(options: RawClientOptions) {
    this.options = options;
    this.number = options.number;
    this.row = options.row;
  }

  open(): void {
    const socket = openSocket(this.options.endpoint, readBuffer, (length) => {
      this.read(readBuffer.subarray(0, length));
      return true;
    });
    this.socket = socket;
    this.awaited = 1;
    this.have = 0;
    this.partial = undefined;
    const hello = Buffer.alloc(HELLO_BYTES);
    hello.write(HELLO, "latin1");
    hello.writeUInt32BE(this.options.count, HELLO.length);
    socket.write(hello);
    socket.on("error", (error) => this.gone(socket, "target-unreachable", error.message));
    socket.on("close", () =>
      this.gone(socket, "target-refused", "the server closed the connection: does it hold that number of resources?"),
    );
  }

  close(): void {
    const { socket } = this;
    this.socket = undefined;
    socket?.destroy();
  }

  synced(): void {}

  private gone(socket: Socket, code: ClientEnd["code"], message: string): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    socket.destroy();
    this.options.desk.ended(this, { code, message: `${formatAddress(this.options.endpoint)}: ${message}` });
  }

  private read(chunk: Buffer): void {
    const { socket } = this;
    let at = 0;
    while (at < chunk.length && this.socket === socket)
      at = this.partial ? this.readRest(this.partial, chunk, at) : this.readWhole(chunk, at);
  }

  private readWhole(chunk: Buffer, at: number): number {
    const length = chunk.length - at < 4 ? Infinity : chunk.readUInt32BE(at);
    const end = at + 4 + length;
    if (end <= chunk.length) {
      this.take(chunk.subarray(at + 4, end));
      return end;
    }
    const size = length === Infinity ? 4 : 4 + length;
    if (size > MAX_MESSAGE_BYTES) return this.tooLong(chunk);
    this.partial = Buffer.allocUnsafe(size);
    this.have = chunk.copy(this.partial, 0, at);
    return chunk.length;
  }

  private readRest(partial: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(partial, this.have, at);
    this.have += taken;
    if (this.have < partial.length) return at + taken;
    const whole = 4 + partial.readUInt32BE(0);
    if (whole > MAX_MESSAGE_BYTES) return this.tooLong(chunk);
    if (whole > partial.length) {
      this.partial = Buffer.allocUnsafe(whole);
      partial.copy(this.partial);
      return at + taken;
    }
    this.partial = undefined;
    this.take(partial.subarray(4));
    return at + taken;
  }

  private tooLong(chunk: Buffer): number {
    if (this.socket) this.gone(this.socket, "target-refused", `a message of more than ${MAX_MESSAGE_BYTES} bytes`);
    return chunk.length;
  }

  private take(message: Buffer): void {
    const receivedMs = nowMs();
    const { desk } = this.options;
    const isSynced = desk.isSynced(this);
    desk.enter(this, desk.reader.read(message), message.length, receivedMs);
    this.socket?.write(ACK);
    desk.tally.counts.acks += 1;
    desk.tally.counts.bytesOut += ACK.length;
    desk.acked();
    if (!isSynced) desk.answered(this);
  }
}
