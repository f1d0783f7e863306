import { connect, type Socket } from "node:net";

/** An answer as far as it is looked at. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One kept connection of HTTP/1.1, one request at a time, made again when it was closed: what node:http does more would be most of what is measured. */
export interface HttpConnection {
  readonly isIdle: boolean;
  /** Sends a whole request. `undefined`: the connection was lost before the answer. */
  send(request: Uint8Array, onAnswer: (answer: HttpAnswer | undefined) => void): void;
  close(): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const NOTHING: Buffer = Buffer.alloc(0);

/** Connects. @throws the socket's error */
export async function connectHttp(host: string, port: number): Promise<HttpConnection> {
  const dial = () => connect({ host, port, noDelay: true });
  const socket = dial();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("connect", resolve);
  socket.once("error", reject);
  await promise;
  return new KeptConnection(socket, dial);
}

class KeptConnection implements HttpConnection {
  private readonly dial: () => Socket;
  private socket: Socket;
  private pending: Buffer = NOTHING;
  private onAnswer: ((answer: HttpAnswer | undefined) => void) | undefined;

  constructor(socket: Socket, dial: () => Socket) {
    this.dial = dial;
    this.socket = this.listenTo(socket);
  }

  get isIdle(): boolean {
    return this.onAnswer === undefined;
  }

  send(request: Uint8Array, onAnswer: (answer: HttpAnswer | undefined) => void): void {
    this.onAnswer = onAnswer;
    // A server closes a connection after some refusals (413), and when it is idle.
    if (!this.socket.writable) this.socket = this.listenTo(this.dial());
    this.socket.write(request);
  }

  close(): void {
    this.socket.destroy();
  }

  private listenTo(socket: Socket): Socket {
    this.pending = NOTHING;
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      if (socket === this.socket) this.answer(undefined);
    });
    return socket;
  }

  private take(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const end = this.pending.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.pending.toString("latin1", 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const start = end + HEAD_END.length;
    if (this.pending.length < start + length) return;
    const body = this.pending.toString("utf8", start, start + length);
    this.pending = NOTHING;
    this.answer({ status: Number(head.slice(9, 12)), body });
  }

  private answer(answer: HttpAnswer | undefined): void {
    const { onAnswer } = this;
    this.onAnswer = undefined;
    onAnswer?.(answer);
  }
}
