import { StatusCode } from "../grpc/status.ts";
import type { ErrorDetail } from "../wire/status.ts";
import { faultOf, type XdsResponse } from "./response.ts";
import type { Acceptance, Change, HeldResource, Subscription } from "./subscription.ts";
import { type Wanted, wantedOf, wants } from "./wanted.ts";

/** What a client did with a response. */
export type Verdict =
  | { readonly kind: "accepted"; readonly changed: readonly Change[]; readonly removed: readonly string[] }
  | { readonly kind: "rejected"; readonly errorDetail: ErrorDetail };

/** What the owner of a watch wants to hear. All callbacks run after the ACK or NACK was sent. */
export interface WatchHandlers {
  /**
   * Judges a response before it is taken over; a text, or an exception, rejects the whole response with a NACK that says so.
   * Should be quick: the ACK waits for it.
   */
  readonly validate?: (response: XdsResponse) => string | undefined;
  /** A resource is new or has changed; `previous` is what the client held before (`undefined`: nothing). */
  readonly onResource?: (resource: HeldResource, previous: HeldResource | undefined) => void;
  /** A resource is gone, or one asked for by name does not exist. */
  readonly onRemoved?: (name: string) => void;
  /** A response came, with what was made of it. */
  readonly onResponse?: (response: XdsResponse, verdict: Verdict) => void;
}

interface Watcher {
  wanted: Wanted;
  readonly handlers: WatchHandlers;
}

/** One type of a client: its subscription, and the watches that share it. */
export class Topic {
  readonly subscription: Subscription;
  private readonly watchers = new Set<Watcher>();

  constructor(subscription: Subscription) {
    this.subscription = subscription;
  }

  /** Whether there is a watch. */
  get isWatched(): boolean {
    return this.watchers.size > 0;
  }

  /** Adds a watch, which is told at once (but not before this returns) what is held already. */
  add(names: Iterable<string>, handlers: WatchHandlers): Watcher {
    const watcher: Watcher = { wanted: wantedOf(names), handlers };
    this.watchers.add(watcher);
    this.restate();
    this.tellHeld(watcher, undefined);
    return watcher;
  }

  /** Replaces what a watch wants. */
  change(watcher: Watcher, names: Iterable<string>): void {
    if (!this.watchers.has(watcher)) return;
    const before = watcher.wanted;
    watcher.wanted = wantedOf(names);
    this.restate();
    this.tellHeld(watcher, before);
  }

  /** Ends a watch: it is told nothing any more. */
  remove(watcher: Watcher): void {
    if (this.watchers.delete(watcher)) this.restate();
  }

  /** Judges a response and takes it over, or not. `answer` is the ACK or NACK, `tell` then informs the watches. */
  receive(response: XdsResponse): { readonly answer: Uint8Array; readonly tell: () => void } {
    const fault = faultOf(response) ?? this.validate(response);
    if (fault !== undefined) {
      const errorDetail = { code: StatusCode.INVALID_ARGUMENT, message: fault };
      const answer = this.subscription.reject(response, errorDetail);
      return { answer, tell: () => this.tellResponse(response, { kind: "rejected", errorDetail }) };
    }
    const acceptance = this.subscription.accept(response);
    return { answer: acceptance.ack, tell: () => this.tellAccepted(response, acceptance) };
  }

  private restate(): void {
    const wanted = [...this.watchers].map((watcher) => watcher.wanted);
    this.subscription.want({
      isWildcard: wanted.some(({ isWildcard }) => isWildcard),
      names: new Set(wanted.flatMap(({ names }) => [...names])),
    });
  }

  private validate(response: XdsResponse): string | undefined {
    try {
      for (const { handlers } of this.watchers) {
        const fault = handlers.validate?.(response);
        if (fault !== undefined) return fault;
      }
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private tellAccepted(response: XdsResponse, { changed, removed }: Acceptance): void {
    for (const watcher of this.watchers) {
      for (const change of changed) if (wants(watcher.wanted, change.resource)) this.tellChange(watcher, change);
      for (const name of removed) if (wants(watcher.wanted, { name, aliases: [] })) this.tellRemoved(watcher, name);
    }
    this.tellResponse(response, { kind: "accepted", changed, removed });
  }

  private tellHeld(watcher: Watcher, before: Wanted | undefined): void {
    const isNew = (resource: { name: string; aliases: readonly string[] }) =>
      wants(watcher.wanted, resource) && !(before && wants(before, resource));
    const held = [...this.subscription.resources.values()].filter(isNew);
    const absent = [...this.subscription.absent].filter((name) => isNew({ name, aliases: [] }));
    if (held.length + absent.length === 0) return;
    queueMicrotask(() => {
      for (const resource of held) this.tellChange(watcher, { resource, previous: undefined });
      for (const name of absent) this.tellRemoved(watcher, name);
    });
  }

  private tellChange(watcher: Watcher, { resource, previous }: Change): void {
    if (this.watchers.has(watcher)) watcher.handlers.onResource?.(resource, previous);
  }

  private tellRemoved(watcher: Watcher, name: string): void {
    if (this.watchers.has(watcher)) watcher.handlers.onRemoved?.(name);
  }

  private tellResponse(response: XdsResponse, verdict: Verdict): void {
    for (const { handlers } of this.watchers) handlers.onResponse?.(response, verdict);
  }
}
