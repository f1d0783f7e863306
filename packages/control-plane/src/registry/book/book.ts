import type { DocumentChange, Json } from "../../store/store.ts";
import type { RegistryNews } from "../channels.ts";
import type { Instance, InstanceKey, Registration } from "../instance.ts";
import type { RegistryLimits } from "../limits.ts";
import type { ChangeResult, HeartbeatResult } from "../registry.ts";
import type { Entry, ServiceEntries } from "./entry.ts";

/** What comes of a registration or deregistration. */
export type Verdict =
  /** The asker is told when it is written: {@link Answer}. */
  | { readonly kind: "waiting" }
  /** Nothing is to be written. */
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly result: ChangeResult; readonly message: string };

/** A change to commit, and what it is of. */
export interface Write {
  readonly of:
    | { readonly kind: "instance"; readonly entry: Entry }
    | { readonly kind: "adoption"; readonly replica: string };
  readonly change: DocumentChange;
}

/** What became of {@link Write}s. */
export type Outcome = { readonly kind: "made"; readonly passedOver: ReadonlySet<string> } | { readonly kind: "failed" };

/** Whom to answer: `refused` if something newer was known to the store, `failed` if it could not be written. */
export interface Answer {
  readonly asker: object;
  readonly result: { readonly kind: "made" | "failed" } | (Verdict & { readonly kind: "refused" });
}

/** Heartbeats to pass on to the replica that owns their instances. */
export interface Forwarding {
  readonly owner: string;
  readonly keys: readonly InstanceKey[];
}

/** Hears what happened, as it happens. */
export type Tell = (news: RegistryNews) => void;

/** Options of `createBook`. */
export interface BookOptions {
  /** Id of this replica. */
  readonly self: string;
  readonly limits: RegistryLimits;
  /** Of the steady clock by which all events are timed. */
  readonly nowMs: number;
  readonly tell: Tell;
}

/**
 * What one replica knows of all instances, and what follows of each event: a state machine without clock and I/O. Events come
 * in with their time; what is to be written and passed on is taken out.
 *
 * Three orders hold it together. What an instance *is* goes by the newest registration or deregistration, by (incarnation, sequence).
 * Whether it *lives* goes by heartbeats of its present life, each of which counts once. What the *store* has is fenced by revisions:
 * a change is made of exactly the document that it was decided on, or decided anew.
 */
export interface Book {
  register(said: Registration, asker: object, nowMs: number, wallMs: number): Verdict;
  deregister(said: InstanceKey, asker: object, nowMs: number): Verdict;
  /** No allocation, whatever the result. @param isPassedOn by another replica: it is not passed on again */
  heartbeat(key: InstanceKey, nowMs: number, isPassedOn?: boolean): HeartbeatResult;
  /** The store has that of an instance now; `undefined`: nothing, or at a revision other than 0 something that is no instance. */
  stored(service: string, id: string, instance: Instance | undefined, revision: number, nowMs: number): void;
  /** The store has that of who adopted a replica's instances. */
  adopted(replica: string, value: Json | undefined, revision: number, nowMs: number): void;
  /** Who lives of the replicas; without this one, if it is cut off: then it knows nothing of the others. */
  members(live: ReadonlySet<string>): void;
  /** Time goes on: to be called often, or silence is taken for this process's own. */
  advance(nowMs: number): void;
  /** What is to be written, at most so much; each must be settled before more is taken. */
  takeWrites(max: number): readonly Write[];
  settle(writes: readonly Write[], outcome: Outcome, nowMs: number, wallMs: number): readonly Answer[];
  /** What is to be passed on, but to those that are busy with what they were told before. */
  takeForwardings(isBusy: (owner: string) => boolean): readonly Forwarding[];
  /** Heartbeats could not be passed on: they are tried once more; or, as the owner can't be reached from here, their instances move here. */
  notForwarded(forwarding: Forwarding, isLast: boolean, nowMs: number): void;
  /** An operator says that the silent instances of a service are gone. */
  acceptLoss(service: string, nowMs: number): number | undefined;
  /** Keys of the documents that the store has, as far as is known here: of instances, what should be some, and adoptions. */
  documentKeys(): Iterable<string>;
  readonly services: ReadonlyMap<string, ServiceEntries>;
  readonly size: number;
  /** Instances that wait to be written. */
  readonly queued: number;
  /** Silent instances of a service that are kept, and its alarm. */
  massExpiryOf(service: ServiceEntries, nowMs: number): { readonly silent: number; readonly total: number };
}
