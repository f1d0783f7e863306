import type { ResponseReader } from "../workload/response-reader.ts";
import type { Book } from "./book.ts";
import type { ClientEnd } from "./client-end.ts";
import type { FloatList } from "./float-list.ts";
import type { Tally } from "./tally.ts";

/**
 * One simulated proxy: a stream of xDS, a REST poller, or a reader of the floor. The generator makes one for each row of the
 * book and calls it; it tells the {@link Desk} what happens. It keeps what it holds between `close` and `open`, as proxies do.
 *
 * How a new kind comes in (REST, say): read the bytes into a `Content` (numbers of resources and their states), then
 *
 * 1. `desk.enter(client, content, bytes, receivedMs)`: counts, enters it into the book, judges it;
 * 2. send what acknowledges it (for REST, that is the next poll, which names the version) and call `desk.acked()` when that is
 *    with the system: at once, if the protocol has nothing that corresponds, since latencies of one response are entered
 *    together;
 * 3. `desk.answered(client)` when the response was an answer to what the client asked after `open`: the desk decides
 *    whether it is synced;
 * 4. `desk.ended(client, end)` when the connection or stream ended and that was not our will: the desk counts it and calls
 *    `open` again after a while.
 *
 * and add a case to `clientOf` in `client-of.ts`.
 */
export interface Client {
  /** Its number in the whole run. */
  readonly number: number;
  /** Its row in the book: its number in this process. */
  readonly row: number;
  /** What it asked that was not answered: so many responses may bring nothing new. Set by `open` to 1. */
  awaited: number;
  /** Connects, or asks again after `close`, a cut or an end. Failures are told by `desk.ended`, later. */
  open(): void;
  /** Ends its stream at once, and tells nothing more. */
  close(): void;
  /** The desk found it synced: it has all that it asked for. A stalled one stops reading here. */
  synced(): void;
}

/** A client that can give a name up and ask for it again. */
export interface Subscriber extends Client {
  /** Gives up the name at `slot` of its window. `book.unsubscribe` was called. */
  unsubscribe(slot: number): void;
  /** Asks for it again. `book.resubscribe` was called. */
  resubscribe(slot: number): void;
}

/** Where clients tell what happened. */
export interface Desk {
  readonly book: Book;
  readonly tally: Tally;
  readonly reader: ResponseReader;
  /** From re-subscription to answer, ms. */
  readonly resubscribedMs: FloatList;
  enter(client: Client, content: Parameters<Book["take"]>[1], bytes: number, receivedMs: number): void;
  acked(): void;
  answered(client: Client): void;
  ended(client: Client, end: ClientEnd): void;
  isSynced(client: Client): boolean;
}
