import { nowMs } from "../run/clock.ts";
import type { Subscriber } from "./client.ts";
import type { Fleet } from "./fleet.ts";

const INTERVAL_MS = 50;
/** A name is asked for again so long after it was given up, ms. */
const OUT_MS = 200;
/** Names that are out at a time; beyond, churn of subscriptions waits. */
const MAX_OUT = 1_000;

/** Streams that end and come anew, subscriptions that lose a name and ask for it again: at a rate, each client in turn. */
export class Churn {
  private readonly fleet: Fleet;
  private readonly names: number;
  private readonly out: { readonly client: Subscriber; readonly slot: number; readonly dueMs: number }[] = [];
  private streamsPerMs = 0;
  private subscriptionsPerMs = 0;
  private streamsOwed = 0;
  private subscriptionsOwed = 0;
  private nextStream = 0;
  private nextSubscription = 0;
  private lastMs = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param names of each client's window; 0: clients don't name what they want */
  constructor(fleet: Fleet, names: number) {
    this.fleet = fleet;
    this.names = names;
  }

  /** Sets the rates; zeros let it end: names that are out are asked for again. */
  set(streamsPerSecond: number, subscriptionsPerSecond: number): void {
    this.streamsPerMs = streamsPerSecond / 1_000;
    this.subscriptionsPerMs = this.names === 0 ? 0 : subscriptionsPerSecond / 1_000;
    this.lastMs = nowMs();
    this.timer ??= setInterval(() => this.step(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Asks again for every name that is out, and does nothing more. */
  finish(): void {
    this.stop();
    for (const one of this.out.splice(0)) this.askAgain(one);
  }

  private step(): void {
    const now = nowMs();
    const passed = now - this.lastMs;
    this.lastMs = now;
    while (this.out[0] !== undefined && this.out[0].dueMs <= now) this.askAgain(this.out.shift()!);
    const rows = this.fleet.clients.length;
    this.streamsOwed = Math.min(rows, this.streamsOwed + this.streamsPerMs * passed);
    this.subscriptionsOwed = Math.min(rows, this.subscriptionsOwed + this.subscriptionsPerMs * passed);
    for (let tries = 0; tries < rows && this.streamsOwed >= 1; tries++) {
      if (this.reopen(this.nextStream++ % rows)) this.streamsOwed -= 1;
    }
    for (let tries = 0; tries < rows && this.subscriptionsOwed >= 1 && this.out.length < MAX_OUT; tries++) {
      if (this.giveUpName(this.nextSubscription++, rows, now)) this.subscriptionsOwed -= 1;
    }
  }

  private reopen(row: number): boolean {
    const { fleet } = this;
    const client = fleet.clients[row]!;
    if (!fleet.isSynced(client) || !fleet.isHealthy(row)) return false;
    fleet.leave(row);
    client.close();
    fleet.openClient(row);
    return true;
  }

  private giveUpName(turn: number, rows: number, now: number): boolean {
    const { fleet } = this;
    const row = turn % rows;
    const client = fleet.clients[row]!;
    const slot = (turn + Math.floor(turn / rows)) % this.names;
    if (!isSubscriber(client) || !fleet.isSynced(client) || !fleet.book.unsubscribe(row, slot)) return false;
    client.unsubscribe(slot);
    this.out.push({ client, slot, dueMs: now + OUT_MS });
    return true;
  }

  /** A stream that ended in between asks for all its names anyway. */
  private askAgain({ client, slot }: { readonly client: Subscriber; readonly slot: number }): void {
    if (!this.fleet.book.resubscribe(client.row, slot)) return;
    client.resubscribe(slot);
  }
}

function isSubscriber(client: object): client is Subscriber {
  return "resubscribe" in client;
}
