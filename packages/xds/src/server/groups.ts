import type { Snapshot } from "../cache/snapshot.ts";
import { xdsChannel } from "../channels.ts";
import { takeSnapshot } from "../protocol/client.ts";
import { type Effect, NO_EFFECTS } from "../protocol/client-state.ts";
import type { ClientEntry } from "./client-entry.ts";
import type { ClientRegistry } from "./client-registry.ts";
import { monotonicTimeMs } from "./clock.ts";
import { Group } from "./group.ts";
import type { Session } from "./session.ts";
import type { SnapshotEvent, SnapshotSource } from "./source.ts";
import type { TurnQueue } from "./turn-queue.ts";

const warning = xdsChannel("fairlead:xds:warning");

/** Which client belongs to which group, and who is to be looked at when the source tells of a change. */
export class Groups {
  readonly #source: SnapshotSource;
  readonly #registry: ClientRegistry;
  readonly #turns: TurnQueue;
  readonly #groups = new Map<string, Group>();
  #mostNamesBytes = 0;

  constructor(source: SnapshotSource, registry: ClientRegistry, turns: TurnQueue) {
    this.#source = source;
    this.#registry = registry;
    this.#turns = turns;
  }

  /** Bytes that a client may take to name all that it has, whichever group is its. */
  get mostNamesBytes(): number {
    return this.#mostNamesBytes;
  }

  /** Takes what the source tells. */
  takeEvent(event: SnapshotEvent): void {
    if (event.kind === "snapshots") {
      const committedAtMs = monotonicTimeMs(event.committedAtMs);
      const known = event.snapshots.filter((snapshot) => this.#takeGroupSnapshot(snapshot, committedAtMs));
      // Once for all of them: where a client belongs may depend on which groups there are.
      if (known.length < event.snapshots.length) this.#assignAll();
      return;
    }
    if (event.kind === "deleted") {
      this.#takeDeletion(event.group);
      return;
    }
    if (event.kind === "regrouped") this.#assignAll();
    else for (const group of this.#groups.values()) if (group.clients.size > 0) warnIfMissing(group);
    for (const entry of this.#registry.entries()) this.#turns.add(entry);
  }

  /** Shows a client the newest snapshot of its group, if streams are answered already (O6). */
  catchUp(entry: ClientEntry, nowMs: number): readonly Effect[] {
    const snapshot = entry.group?.snapshot;
    if (!snapshot || !this.#source.isReady) return NO_EFFECTS;
    return takeSnapshot(entry.machine, snapshot, nowMs);
  }

  /** Puts a client into the group that the source has for it now. */
  assign(entry: ClientEntry): void {
    const name = this.#source.groupOf(entry.node);
    if (entry.group?.name === name) return;
    this.leave(entry);
    if (name === undefined) return;
    const group = this.#groups.get(name) ?? this.#open(name, this.#source.snapshotOf(name));
    group.clients.add(entry);
    if (group.clients.size === 1 && this.#source.isReady) warnIfMissing(group);
    entry.group = group;
    for (const session of entry.sessions.values()) {
      for (const [typeUrl, interest] of session.indexed) group.interests.move(session, typeUrl, undefined, interest);
    }
    this.#turns.add(entry);
  }

  /** Takes a client out of its group. */
  leave(entry: ClientEntry): void {
    const { group } = entry;
    if (!group) return;
    for (const session of entry.sessions.values()) {
      for (const [typeUrl, interest] of session.indexed) group.interests.move(session, typeUrl, interest, undefined);
    }
    group.clients.delete(entry);
    entry.group = undefined;
    // What it dropped is remembered for those who come back, as long as the source still has the group.
    if (group.clients.size === 0 && !this.#source.snapshotOf(group.name)) this.#groups.delete(group.name);
  }

  /** Notes what a stream asks for of a type by now. */
  index(session: Session, typeUrl: string): void {
    const interest = session.entry?.machine.streams.get(session.stream.id)?.subscriptions.get(typeUrl)?.interest;
    const before = session.indexed.get(typeUrl);
    if (!interest || interest === before) return;
    session.entry?.group?.interests.move(session, typeUrl, before, interest);
    session.indexed.set(typeUrl, interest);
  }

  /** Forgets what a stream asked for. */
  unindex(session: Session): void {
    for (const [typeUrl, interest] of session.indexed) {
      session.entry?.group?.interests.move(session, typeUrl, interest, undefined);
    }
    session.indexed.clear();
  }

  /** Whether the group had content before. */
  #takeGroupSnapshot(snapshot: Snapshot, committedAtMs: number): boolean {
    const known = this.#groups.get(snapshot.group);
    if (!known) {
      // Remembered from the start, so that a client that comes later can be told what was dropped before it came.
      this.#open(snapshot.group, snapshot);
      return false;
    }
    const before = known.snapshot;
    known.take(snapshot, committedAtMs);
    this.#mostNamesBytes = Math.max(this.#mostNamesBytes, known.namesBytes);
    if (before && !known.isSweepDue) {
      known.interests.forEachInterested(before, snapshot, ({ entry }) => entry && this.#turns.add(entry));
    } else {
      for (const entry of known.clients) this.#turns.add(entry);
    }
    return before !== undefined;
  }

  /** Its clients keep what they have (O6). */
  #takeDeletion(name: string): void {
    const clients = this.#groups.get(name)?.clients.size;
    if (clients === 0) this.#groups.delete(name);
    else if (clients)
      warn(`group ${name} was deleted: what its clients have stays, and they get nothing new (${clients})`);
  }

  #open(name: string, snapshot: Snapshot | undefined): Group {
    const group = new Group(name, snapshot, this.#source.formerOf?.(name));
    this.#groups.set(name, group);
    this.#mostNamesBytes = Math.max(this.#mostNamesBytes, group.namesBytes);
    return group;
  }

  #assignAll(): void {
    for (const entry of this.#registry.entries()) this.assign(entry);
  }
}

/** A group that is not there once everything has loaded is a mistake of somebody's. */
function warnIfMissing({ name, snapshot }: Group): void {
  if (!snapshot) warn(`group ${name} does not exist: its clients get nothing yet`);
}

/** Said of the group, and not of each client: it may have many (O6). */
function warn(message: string): void {
  warning.publish({ nodeId: "", typeUrl: "", message });
}
