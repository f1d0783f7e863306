import { NO_ENTRIES, type RareMap, withEntry } from "../rare-map.ts";
import { type Interest, includes } from "./interest.ts";

/** A name that a client is bound to ask for, or to take again, before it can use what refers to it. */
export interface Need {
  readonly typeUrl: string;
  readonly name: string;
  /** The oldest and the newest head that need it: what lies between is settled with the newest. */
  readonly ordinals: number[];
  readonly sinceMs: number;
  /** When it is given up, unless the client's silence lasts longer, ms; 0: silence alone counts. */
  untilMs: number;
}

/** Bounds what a client can make the server remember of names it never asks for. */
const MAX_NEEDS = 10_000;

/** What a client's next stage waits for, by name (protocol.md, O1 "Waits"). */
export class Needs {
  private byKey: RareMap<string, Need> = NO_ENTRIES;
  /** Names that timed out once gate this client no more. */
  private ungated: RareMap<string, true> = NO_ENTRIES;

  get size(): number {
    return this.byKey.size;
  }

  values(): Iterable<Need> {
    return this.byKey.values();
  }

  has(typeUrl: string, name: string): boolean {
    if (this.byKey.size === 0) return false;
    return this.byKey.has(keyOf(typeUrl, name));
  }

  /** @param untilMs when it is given up at the earliest */
  add(typeUrl: string, name: string, ordinal: number, nowMs: number, untilMs = 0): void {
    const key = keyOf(typeUrl, name);
    if (this.ungated.has(key)) return;
    const known = this.byKey.get(key);
    if (!known) {
      if (this.byKey.size < MAX_NEEDS)
        this.byKey = withEntry(this.byKey, key, {
          typeUrl,
          name,
          ordinals: [ordinal],
          sinceMs: nowMs,
          untilMs,
        });
      return;
    }
    known.untilMs = Math.max(known.untilMs, untilMs);
    const oldest = Math.min(ordinal, known.ordinals[0]!);
    const newest = Math.max(ordinal, known.ordinals.at(-1)!);
    known.ordinals.splice(0, known.ordinals.length, ...(oldest === newest ? [oldest] : [oldest, newest]));
  }

  /** The client has taken that name, in a response that can confirm heads up to `ordinal`. */
  satisfy(typeUrl: string, name: string, ordinal: number): void {
    if (this.byKey.size === 0) return; // as a rule; it is asked for each name of a response
    const key = keyOf(typeUrl, name);
    const need = this.byKey.get(key);
    if (!need) return;
    const open = need.ordinals.filter((needed) => needed > ordinal);
    if (open.length === 0) this.byKey.delete(key);
    else need.ordinals.splice(0, need.ordinals.length, ...open);
  }

  /** The client has every name of a type that it is interested in, as of a head. */
  satisfyAll(typeUrl: string, interest: Interest, ordinal: number): void {
    if (this.byKey.size === 0) return;
    for (const need of this.byKey.values()) {
      if (need.typeUrl === typeUrl && includes(interest, need.name)) this.satisfy(typeUrl, need.name, ordinal);
    }
  }

  /** Nothing newer than that head needs the name any more. */
  lower(typeUrl: string, name: string, ordinal: number): void {
    const need = this.byKey.get(keyOf(typeUrl, name));
    if (!need) return;
    const lowered = new Set(need.ordinals.map((needed) => Math.min(needed, ordinal)));
    need.ordinals.splice(0, need.ordinals.length, ...lowered);
  }

  /** Nothing needs that name any more. */
  drop(typeUrl: string, name: string): void {
    this.byKey.delete(keyOf(typeUrl, name));
  }

  /** Whether nothing up to that head is needed, of one type or of any. */
  areMetAt(ordinal: number, typeUrl?: string): boolean {
    for (const need of this.byKey.values()) {
      if ((typeUrl === undefined || need.typeUrl === typeUrl) && need.ordinals[0]! <= ordinal) return false;
    }
    return true;
  }

  /** Whether that name is needed at or before that head. */
  isOpenAt(typeUrl: string, name: string, ordinal: number): boolean {
    const need = this.byKey.get(keyOf(typeUrl, name));
    return need !== undefined && need.ordinals[0]! <= ordinal;
  }

  /** That name gates this client no more. */
  giveUp(typeUrl: string, name: string): void {
    if (this.ungated.size < MAX_NEEDS) this.ungated = withEntry(this.ungated, keyOf(typeUrl, name), true);
  }

  isGivenUp(typeUrl: string, name: string): boolean {
    return this.ungated.has(keyOf(typeUrl, name));
  }

  /** Gives up on names that the client has been silent about for so long: they gate this client no more. */
  expire(nowMs: number, silenceMs: number): void {
    if (this.byKey.size === 0) return;
    for (const [key, need] of this.byKey) {
      if (endOf(need, silenceMs) > nowMs) continue;
      this.byKey.delete(key);
      if (this.ungated.size < MAX_NEEDS) this.ungated = withEntry(this.ungated, key, true);
    }
  }

  /** When the first of them will be given up after so long a silence, ms; `undefined`: there is none. */
  nextEndMs(silenceMs: number): number | undefined {
    let next: number | undefined;
    for (const need of this.byKey.values()) {
      const endMs = endOf(need, silenceMs);
      if (next === undefined || endMs < next) next = endMs;
    }
    return next;
  }
}

function endOf({ sinceMs, untilMs }: Need, silenceMs: number): number {
  return Math.max(sinceMs + silenceMs, untilMs);
}

function keyOf(typeUrl: string, name: string): string {
  return `${typeUrl}|${name}`;
}
