import { connect, type Socket } from "node:net";
import { FrameType, frame, preface } from "../../../xds/test/support/http2-frames.ts";
import { ClientView } from "./client-view.ts";
import { OwnServer } from "./own-server.ts";

/** One end of a conversation: a server as its client sees it. */
export interface Peer {
  readonly view: ClientView;
  /** Whether the server has ended the connection. */
  readonly isClosed: boolean;
  write(bytes: Uint8Array): void;
  /** Until the server has read all that was written, and has answered what it answers at once. */
  settle(): Promise<void>;
  close(): void;
}

const ping = frame(FrameType.PING, 0, 0, Buffer.from("settled?"));
/** A server that says nothing for so long hangs. */
const patienceMs = 20_000;

/** The server under test. */
export class OwnPeer implements Peer {
  readonly view = new ClientView();
  readonly server = new OwnServer();

  constructor() {
    this.write(preface);
  }

  get isClosed(): boolean {
    return this.server.fault !== undefined;
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return;
    this.server.connection.receive(bytes);
    this.view.feed(this.server.take());
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) this.write(ping);
  }

  close(): void {
    this.server.connection.lose();
  }
}

/** The oracle, over a socket. */
export class OraclePeer implements Peer {
  readonly view = new ClientView();
  isClosed = false;
  readonly #socket: Socket;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk) => {
      this.view.feed(chunk);
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => {
      this.isClosed = true;
      this.#wake();
    });
    this.#socket.write(preface);
  }

  write(bytes: Uint8Array): void {
    if (!this.isClosed) this.#socket.write(bytes);
  }

  /** Twice there and back: what the first PING met in the server's queues went out before the second is answered. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2 && !this.isClosed; turn++) {
      const wanted = this.view.pongs + 1;
      this.write(ping);
      await this.#until(() => this.view.pongs >= wanted);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(condition: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(new Error("the oracle hangs")), patienceMs);
    while (!this.isClosed && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
  }
}
