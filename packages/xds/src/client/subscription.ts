import type { ErrorDetail } from "../wire/status.ts";
import type { XdsResponse } from "./response.ts";
import type { Wanted } from "./wanted.ts";

/** A resource that a client has accepted. */
export interface HeldResource {
  readonly typeUrl: string;
  readonly name: string;
  /** In delta the resource's own, in SotW that of the newest response with it. */
  readonly version: string;
  readonly aliases: readonly string[];
  /** Time after which it is to be dropped unless refreshed, ms; `undefined`: never. The client does not drop it itself. */
  readonly ttlMs: number | undefined;
  /** The encoded message. */
  readonly value: Uint8Array;
}

/** A resource that a client took over, and what it replaced. */
export interface Change {
  readonly resource: HeldResource;
  /** `undefined`: the resource is new. */
  readonly previous: HeldResource | undefined;
}

/** What accepting a response changed, and the ACK to send. */
export interface Acceptance {
  readonly ack: Uint8Array;
  /** New resources, and those whose content, version, aliases or ttl changed. */
  readonly changed: readonly Change[];
  /** Names that are known not to exist, and were not known to until now. */
  readonly removed: readonly string[];
}

/**
 * One type on one stream after another, in one of the two protocol variants: what is wanted, what was asked for on this
 * stream, what is held. It does no I/O: requests are encoded bytes, which the caller sends in the order in which it got them.
 */
export interface Subscription {
  readonly typeUrl: string;
  /** What is held, by name. It outlives the stream. */
  readonly resources: ReadonlyMap<string, HeldResource>;
  /** Names that were asked for and are known not to exist. */
  readonly absent: ReadonlySet<string>;
  /** The version last accepted; empty before the first. */
  readonly version: string;
  /** States what is wanted from now on. What is held and no longer wanted is forgotten. */
  want(wanted: Wanted): void;
  /**
   * The request that tells the server what it does not know yet, if any: the first one of the stream, later what changed.
   * @param node the encoded node if nothing was sent on the stream yet; it goes into the request, if there is one
   */
  ask(node: Uint8Array | undefined): Uint8Array | undefined;
  /** Takes over a response. */
  accept(response: XdsResponse): Acceptance;
  /** The NACK of a response, which changes nothing. */
  reject(response: XdsResponse, errorDetail: ErrorDetail): Uint8Array;
  /** The stream is gone, and with it what the server knew. */
  disconnect(): void;
}
