import { Socket, type SocketConstructorOpts } from "node:net";

/** Who takes what comes over a socket. */
export interface Taker {
  /** So many bytes came; they are at the start of `chunk` and valid during the call only. */
  onBytes(chunk: Buffer, length: number): void;
  /** The socket is gone; called once, last. */
  onSocketClosed(): void;
}

/** Under which a socket holds its taker. */
const takerOf = Symbol("taker");

type TakenSocket = Socket & { [takerOf]: Taker };
type HandledSocket = Socket & { _handle: object | null };

/** What every plaintext connection of this thread reads into: one buffer, since what is in it is used at once. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/**
 * A socket that reads into a buffer which all share: `data` events would cost a buffer of 64 KiB, a stream's bookkeeping and a copy
 * for each read (2 µs of 9 a push and its ACK). Node offers this (`onread`) to those who connect only, so it is made anew of an
 * accepted socket's handle.
 */
class SharingSocket extends Socket {
  constructor(handle: object) {
    super({ handle, onread: { buffer: readBuffer, callback: onRead } } as unknown as SocketConstructorOpts);
  }
}

/** Makes an accepted socket one that reads into a shared buffer. Where Node does not show the handle, it is returned as it is. */
export function withSharedReads(accepted: Socket): Socket {
  const handle = (accepted as HandledSocket)._handle;
  if (handle === null || handle === undefined) return accepted;
  (accepted as HandledSocket)._handle = null; // it is forgotten, and must not close what is not its own any more
  return new SharingSocket(handle);
}

/** Has all that happens to a socket told to `taker`, by listeners that all sockets share. */
export function take(socket: Socket, taker: Taker): void {
  (socket as TakenSocket)[takerOf] = taker;
  socket.on("error", destroy).on("close", onClose);
  if (!(socket instanceof SharingSocket)) socket.on("data", onData);
}

function onRead(this: unknown, length: number): boolean {
  (this as TakenSocket)[takerOf].onBytes(readBuffer, length);
  return true;
}

function onData(this: Socket, chunk: Buffer): void {
  (this as TakenSocket)[takerOf].onBytes(chunk, chunk.length);
}

function onClose(this: Socket): void {
  (this as TakenSocket)[takerOf].onSocketClosed();
}

/** TLS does not by itself once its handshake is done. */
function destroy(this: Socket): void {
  this.destroy();
}
