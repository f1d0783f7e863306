import type { Behaviour } from "../plan/plan.ts";
import { nowMs } from "../run/clock.ts";
import { type Content, NO_VERSION, type Version } from "../workload/content.ts";
import type { Desk, Subscriber } from "./client.ts";
import { clientEndOf } from "./client-end.ts";
import { type HeldVersions, presented } from "./held-versions.ts";
import type { Asked, Requests } from "./requests.ts";
import type { Call, CallHandlers } from "./transport/call.ts";
import type { CallEnd } from "./transport/call-end.ts";
import { flushOutbox } from "./transport/outbox.ts";

/** What all clients of one generator share. */
export interface XdsSetting {
  readonly mode: "sotw" | "delta";
  readonly requests: Requests;
  /** Delta only. */
  readonly versions: HeldVersions;
  readonly desk: Desk;
  /** Opens a stream on the connection of that row. */
  readonly openStream: (row: number, handlers: CallHandlers) => Call;
  /** A connection carries one stream: its ACK is handed to the system at once, at no cost, and timed when it was. */
  readonly isAlone: boolean;
  readonly nodeOf: (client: number) => Uint8Array;
}

/** How one client differs from others. */
export interface XdsClientOptions {
  readonly number: number;
  readonly row: number;
  readonly asked: Asked;
  readonly behaviour: Behaviour;
}

/** Contents that a client remembers to have rejected. */
const MAX_REJECTED = 8;

/** An Envoy with one stream of one type. */
export class XdsClient implements Subscriber, CallHandlers {
  readonly number: number;
  readonly row: number;
  awaited = 0;

  private readonly setting: XdsSetting;
  private readonly asked: Asked;
  private readonly behaviour: Behaviour;
  private call: Call | undefined;
  /** The last version accepted, and the one before. */
  private version: Version = NO_VERSION;
  private previous: Version = NO_VERSION;
  private nonce: Buffer = NO_VERSION.bytes;
  private isFirst = true;
  private outSlot = -1;
  private askedAgainMs = 0;
  private readonly rejected: number[] = [];
  /** The last sequence made known when it rejected last. */
  private rejectedAt = -1;

  constructor(setting: XdsSetting, { number, row, asked, behaviour }: XdsClientOptions) {
    this.setting = setting;
    this.number = number;
    this.row = row;
    this.asked = asked;
    this.behaviour = behaviour;
  }

  open(): void {
    const { setting } = this;
    this.isFirst = true;
    this.awaited = 1;
    this.outSlot = -1;
    this.askedAgainMs = 0;
    this.nonce = NO_VERSION.bytes;
    this.call = setting.openStream(this.row, this);
    if (this.behaviour.kind === "slow-reader") this.call.connection.limitReading(this.behaviour.bytesPerSecond);
    const held = { version: this.previous, versions: this.presented() };
    this.send(setting.requests.first(setting.nodeOf(this.number), this.asked, held));
  }

  close(): void {
    const { call } = this;
    this.call = undefined;
    call?.reset();
  }

  synced(): void {
    if (this.behaviour.kind === "stalled") this.call?.connection.pauseReading();
  }

  onMessage(message: Buffer): void {
    const receivedMs = nowMs();
    const { desk } = this.setting;
    const { reader } = desk;
    const content = reader.read(message);
    const isSynced = desk.isSynced(this);
    if (this.setting.mode === "delta") this.setting.versions.note(content);
    desk.enter(this, content, message.length, receivedMs);
    if (!desk.book.isNew && this.behaviour.kind === "nack") this.judgeResent(content);
    this.answer(content, message, reader.nonceStart, reader.nonceEnd, isSynced);
    if (this.isFirst) this.awaited = 0;
    this.isFirst = false;
    if (this.askedAgainMs > 0 && desk.book.isWhole(this.row)) this.takeAnswerToSubscription(receivedMs);
    if (!isSynced) desk.answered(this);
  }

  onEnd(end: CallEnd, call: Call): void {
    if (call !== this.call) return;
    this.call = undefined;
    const ended = clientEndOf(end, call.connection);
    if (ended !== undefined) this.setting.desk.ended(this, ended);
  }

  unsubscribe(slot: number): void {
    this.outSlot = slot;
    this.awaited += 1;
    this.say(slot, "unsubscribe");
  }

  resubscribe(slot: number): void {
    this.outSlot = -1;
    this.awaited += 1;
    this.askedAgainMs = nowMs();
    this.say(slot, "subscribe");
  }

  private answer(content: Content, message: Buffer, start: number, end: number, wasSynced: boolean): void {
    const { desk, requests } = this.setting;
    const { counts } = desk.tally;
    if (this.behaviour.kind === "never-ack") return;
    if (start === end) {
      desk.acked(); // there is nothing to acknowledge it by
      return;
    }
    this.keepNonce(message, start, end);
    if (this.behaviour.kind === "nack" && wasSynced) {
      counts.nacks += 1;
      this.remember(content);
      this.send(requests.reject(this.asked, this.outSlot, this.version, this.nonce));
      return;
    }
    if (content.version !== this.version) {
      this.previous = this.version;
      this.version = content.version;
    }
    counts.acks += 1;
    this.send(requests.acknowledge(this.asked, this.outSlot, content.version, message, start, end));
    if (this.setting.isAlone) flushOutbox();
    desk.acked();
  }

  private takeAnswerToSubscription(receivedMs: number): void {
    this.setting.desk.resubscribedMs.push(receivedMs - this.askedAgainMs);
    this.askedAgainMs = 0;
    if (this.awaited > 0) this.awaited -= 1;
  }

  /** SotW: all names but, or with, the one at `slot`. Delta: just that one. */
  private say(slot: number, verb: "subscribe" | "unsubscribe"): void {
    const { mode, requests, desk } = this.setting;
    if (mode === "sotw") this.send(requests.rename(this.asked, this.outSlot, this.version, this.nonce));
    else this.send(requests.subscription(desk.reader.names.nameOf(desk.book.indexAt(this.row, slot)), verb));
  }

  private judgeResent({ digest }: Content): void {
    const { book, tally } = this.setting.desk;
    if (this.rejectedAt !== book.noted || !this.rejected.includes(digest)) return;
    tally.counts.resentAfterNack += 1;
    tally.wrong("resent-after-nack", this.number, () => {
      return `stream ${this.number} rejected a response and got the same content again, with no change since`;
    });
  }

  private remember({ digest }: Content): void {
    const { noted } = this.setting.desk.book;
    if (noted !== this.rejectedAt) this.rejected.length = 0;
    this.rejectedAt = noted;
    if (this.rejected.includes(digest)) return;
    if (this.rejected.length === MAX_REJECTED) this.rejected.shift();
    this.rejected.push(digest);
  }

  private presented() {
    const { mode, versions, desk } = this.setting;
    if (mode === "sotw") return [];
    return presented(desk.book.held(this.row), versions, desk.reader.names.nameOf);
  }

  private send(request: Uint8Array): void {
    this.setting.desk.tally.counts.bytesOut += request.length;
    this.call?.send(request);
  }

  /** In memory of its own, which is used again. */
  private keepNonce(message: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.nonce.length !== length) this.nonce = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) this.nonce[at] = message[start + at]!;
  }
}
