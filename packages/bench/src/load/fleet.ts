import type { Behaviour } from "../plan/plan.ts";
import { nowMs } from "../run/clock.ts";
import type { Report } from "../run/messages.ts";
import type { Content } from "../workload/content.ts";
import type { ResponseReader } from "../workload/response-reader.ts";
import type { Book } from "./book.ts";
import type { Client, Desk } from "./client.ts";
import type { ClientEnd } from "./client-end.ts";
import { FloatList } from "./float-list.ts";
import type { Storm } from "./storm.ts";
import type { Tally } from "./tally.ts";
import { waitBefore } from "./wait-before.ts";

/** Failed attempts in a row after which a client stays away. */
const MAX_FAILURES = 8;
/** Failures, with no response ever, after which the run is given up. */
const MAX_VAIN = 3;

/** What a fleet is made of. */
export interface FleetOptions {
  readonly book: Book;
  readonly tally: Tally;
  readonly reader: ResponseReader;
  readonly behaviours: readonly Behaviour[];
  /** A first response is enough to be synced, whatever is in it: the resources are not known. */
  readonly isAnyWhole: boolean;
  /** Clients ask for all there is: resources that are not of the workload may be among it. */
  readonly isWildcard: boolean;
  readonly onFatal: (report: Extract<Report, { kind: "fatal" }>) => void;
}

type State = "away" | "opening" | "synced" | "given-up";

/** The clients of one generator: who is there, who comes back and when, and what their responses mean. */
export class Fleet implements Desk {
  readonly book: Book;
  readonly tally: Tally;
  readonly reader: ResponseReader;
  readonly resubscribedMs = new FloatList();
  readonly clients: Client[] = [];
  storm: Storm | undefined;

  private readonly options: FleetOptions;
  private readonly states: State[];
  private readonly failures: Uint16Array;
  /** How often it ended, not by us, since it was synced last. */
  private readonly ends: Uint32Array;
  /** 1: was synced once. */
  private readonly wasSynced: Uint8Array;
  private readonly timers = new Map<number, NodeJS.Timeout>();
  private syncedCount = 0;
  private responses = 0;
  private vain = 0;

  constructor(options: FleetOptions) {
    const rows = options.behaviours.length;
    this.options = options;
    this.book = options.book;
    this.tally = options.tally;
    this.reader = options.reader;
    this.states = new Array(rows).fill("away");
    this.failures = new Uint16Array(rows);
    this.ends = new Uint32Array(rows);
    this.wasSynced = new Uint8Array(rows);
  }

  /** Clients that are open and synced. */
  get open(): number {
    return this.syncedCount;
  }

  /** Rows that a client was opened for, ever. */
  openedRows(): number[] {
    return [...this.states.keys()].filter((row) => this.states[row] !== "away" || this.wasSynced[row] === 1);
  }

  behaviourOf(row: number): Behaviour["kind"] {
    return this.options.behaviours[row]!.kind;
  }

  isSynced(client: Client): boolean {
    return this.states[client.row] === "synced";
  }

  isHealthy(row: number): boolean {
    return this.behaviourOf(row) === "healthy";
  }

  openClient(row: number): void {
    this.states[row] = "opening";
    this.clients[row]!.open();
  }

  /** Takes a client away: it is ended, or about to be. */
  leave(row: number): void {
    if (this.states[row] === "synced") this.syncedCount -= 1;
    this.states[row] = "away";
    this.book.leave(row);
    clearTimeout(this.timers.get(row));
    this.timers.delete(row);
  }

  enter(client: Client, content: Content, bytes: number, receivedMs: number): void {
    const { book, tally, storm } = this;
    const { counts } = tally;
    const { row } = client;
    this.responses += 1;
    counts.bytesIn += bytes;
    if (content.count > 0 || content.removed.length > 0) counts.pushes += 1;
    if (storm?.has(row)) {
      storm.responses += 1;
      storm.bytes += bytes;
    }
    book.take(row, content, receivedMs);
    if (content.fault !== undefined) this.malformed(client, content.fault);
    if (book.foreign > 0 && !this.options.isWildcard) this.malformed(client, this.foreign());
    if (book.older > 0) this.older(client);
    if (!book.isNew && book.older === 0) this.nothingNew(client, this.isOfOthers(content));
  }

  acked(): void {
    this.book.acked(nowMs());
  }

  answered(client: Client): void {
    const { row } = client;
    if (this.states[row] !== "opening") return;
    if (!this.options.isAnyWhole && !this.book.isWhole(row)) return;
    this.states[row] = "synced";
    this.syncedCount += 1;
    this.failures[row] = 0;
    this.vain = 0;
    // Whoever ended several times, or before it was ever synced, came back from each.
    this.tally.counts.reconnected += Math.max(this.ends[row]!, this.wasSynced[row]!);
    this.ends[row] = 0;
    this.wasSynced[row] = 1;
    if (this.isHealthy(row)) this.book.join(row);
    client.synced();
    this.storm?.synced(row);
  }

  ended(client: Client, end: ClientEnd): void {
    const { row } = client;
    const wasSynced = this.states[row] === "synced";
    this.leave(row);
    if (end.isAskedAway) {
      this.comeBack(row, 1);
      return;
    }
    if (end.code !== "target-unreachable" && end.code !== "generator-failed") this.countEnd(client, end, wasSynced);
    this.vain += 1;
    if (this.responses === 0 && this.vain >= MAX_VAIN) {
      if (this.vain > MAX_VAIN) return; // the others say the same
      this.options.onFatal({ kind: "fatal", code: end.code, message: end.message });
      return;
    }
    this.failures[row]! += 1;
    if (this.failures[row]! > MAX_FAILURES) {
      this.states[row] = "given-up";
      this.storm?.failed(row);
      return;
    }
    this.comeBack(row, this.failures[row]!);
  }

  /** Ends all clients. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    for (const client of this.clients) client.close();
  }

  private comeBack(row: number, failures: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(row);
      this.openClient(row);
    }, waitBefore(failures));
    this.timers.set(row, timer);
  }

  private countEnd({ number, row }: Client, { message }: ClientEnd, wasSynced: boolean): void {
    this.ends[row]! += 1;
    this.tally.counts.ended += 1;
    this.tally.wrong("ended", number, () => {
      return `stream ${number} ended${wasSynced ? "" : " before it was synced"}: ${message}`;
    });
  }

  private foreign(): string {
    const { foreign, foreignIndex } = this.book;
    const which = foreignIndex < 0 ? "a name that is not of the workload" : this.reader.names.nameOf(foreignIndex);
    return `resources came that it did not ask for: ${foreign}, ${which} among them`;
  }

  private malformed({ number }: Client, fault: string): void {
    this.tally.counts.malformed += 1;
    this.tally.wrong("malformed", number, () => `stream ${number}: ${fault}`);
  }

  /** A NACKer may be told what it held before: servers look for what is wrong. */
  private older({ row, number }: Client): void {
    const { book, tally } = this;
    const { older, olderIndex, olderState } = book;
    if (this.isHealthy(row) && this.states[row] === "synced") book.join(row);
    if (this.behaviourOf(row) === "nack") return;
    tally.counts.reordered += older;
    const name = () => this.reader.names.nameOf(olderIndex);
    tally.wrong(
      "reordered",
      number,
      () => `stream ${number} held change ${olderState} of ${name()} and got an older one`,
      older,
    );
  }

  /** Whether it may bring what the book does not follow: heartbeats, or resources beside the workload's. */
  private isOfOthers({ heartbeats, removed }: Content): boolean {
    if (heartbeats > 0) return true;
    return this.options.isWildcard && (this.book.foreign > 0 || removed.includes(-1));
  }

  private nothingNew(client: Client, isOfOthers: boolean): void {
    if (client.awaited > 0) {
      client.awaited -= 1;
      return;
    }
    if (isOfOthers) return;
    const kind = this.behaviourOf(client.row);
    if (kind !== "healthy" && kind !== "slow-reader") return;
    const { number } = client;
    this.tally.counts.unchanged += 1;
    this.tally.wrong("unchanged", number, () => {
      return `stream ${number} got a response that brought nothing new and answered no request of it`;
    });
  }
}
