import type { Instance, InstanceKey, Registration } from "../instance.ts";

/** What is to be written of an instance. A later one replaces it, and takes over who waits for it. */
export type Wish =
  /** It announced itself, with something new to say. */
  | {
      readonly kind: "put";
      /** As it came, with what was not said still 0. */
      readonly said: Registration;
      /** With everything filled in. */
      readonly registration: Registration;
      readonly incarnation: number;
      readonly sequence: number;
      readonly waiting: readonly object[];
    }
  /** It is taken away: it said so itself, or was silent for too long. */
  | {
      readonly kind: "remove";
      readonly why: "deregistered" | "expired";
      /** As it came, with what was not said still 0. */
      readonly said: InstanceKey;
      readonly incarnation: number;
      readonly sequence: number;
      readonly waiting: readonly object[];
    }
  /** Its heartbeats come again, or cease, or come here and not to the replica that owned it. */
  | { readonly kind: "mark"; readonly isHealthy: boolean; readonly waiting: readonly object[] };

/** A wish that says what the instance is. */
export type Decision = Wish & { readonly kind: "put" | "remove" };

/** Too many of a service's instances fell silent at once. */
export interface Alarm {
  readonly sinceMs: number;
  /** Those that expired just before, at whichever replica: they count as silent until they are there again. */
  readonly expired: readonly string[];
}

/** The instances of one service. */
export interface ServiceEntries {
  readonly name: string;
  readonly entries: Map<string, Entry>;
  /** Set while too many expire at once: none does. */
  alarm: Alarm | undefined;
  /** When to look next at who expires; `undefined`: nobody is about to. */
  judgeAtMs: number | undefined;
}

/**
 * One instance as this replica knows it. Mutable, and flat, since a heartbeat changes two numbers of it and must cost nothing more.
 * Times are of this process's own steady clock.
 */
export interface Entry {
  readonly service: ServiceEntries;
  readonly id: string;
  /** As the store has it; `undefined`: not yet. */
  stored: Instance | undefined;
  /** The revision of its document; 0: there is none. */
  revision: number;
  /** Who owns it now, whoever the document says: see {@link ownerOf}. Empty: not stored. */
  owner: string;
  /** Position of the newest registration that is known to be kept. */
  incarnation: number;
  sequence: number;
  /** The life whose heartbeats count, and the newest of them. */
  heardIncarnation: number;
  heardSequence: number;
  heardAtMs: number;
  ttlMs: number;
  /** When its heartbeats ceased; meaningless while it is healthy. */
  unhealthySinceMs: number;
  /** What is to be written next. */
  wish: Wish | undefined;
  /** What is being written. */
  flight: Wish | undefined;
  /** Whether a heartbeat waits to be told to its owner, and whether by its number. */
  outgoing: "none" | "numbered" | "unnumbered";
  /** Where in the wheel it is; -1: nowhere. */
  tick: number;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** A new entry, of which nothing is known. */
export function createEntry(service: ServiceEntries, id: string, nowMs: number): Entry {
  return {
    service,
    id,
    stored: undefined,
    revision: 0,
    owner: "",
    incarnation: 0,
    sequence: 0,
    heardIncarnation: 0,
    heardSequence: 0,
    heardAtMs: nowMs,
    ttlMs: 0,
    unhealthySinceMs: 0,
    wish: undefined,
    flight: undefined,
    outgoing: "none",
    tick: -1,
    previous: undefined,
    next: undefined,
  };
}
