import type { Resource } from "../cache/resource.ts";
import type { NodeIdentity } from "./source.ts";

/** How far a client is with one type. */
export type SyncState = "SYNCED" | "PENDING" | "REJECTED";

/** A rejection, as the client worded it. */
export interface Nack {
  readonly code: number;
  readonly message: string;
  readonly version: string;
  /** When, in ms since the epoch. */
  readonly atMs: number;
}

/** A resource that a client rejects. */
export interface RejectedResource {
  readonly name: string;
  /** Its words of the smallest response with it. */
  readonly message: string;
  /** When, in ms since the epoch. */
  readonly atMs: number;
}

/** One type of one client. */
export interface TypeStatus {
  readonly typeUrl: string;
  /** `poll`: REST, or unary `Fetch`. */
  readonly mode: "sotw" | "delta" | "poll";
  readonly streamId: number;
  readonly state: SyncState;
  /** Whether nothing of it is due to the client, nor any answer from it: a rejection is its last word for now. */
  readonly isSettled: boolean;
  /** The version last ACKed; empty before the first ACK. */
  readonly ackedVersion: string;
  /** The version last sent; empty before the first response. */
  readonly sentVersion: string;
  /** The newest revision that this client has confirmed for the type (protocol.md, "Make before break"). */
  readonly confirmedRevision: number;
  /** Names asked for; `"*"` first if wildcard. At most 100, then cut. */
  readonly names: readonly string[];
  readonly lastAckAtMs: number | undefined;
  /** Its last rejection, until it accepts all that it rejected or that takes its place. */
  readonly nack: Nack | undefined;
  /** Resources that are known to be what it rejects: they were rejected alone, or it named them. At most 100, then cut. */
  readonly rejected: readonly RejectedResource[];
}

/** What a client's make before break waits for. */
export interface StageWait {
  /** `make`: clusters are being confirmed; `switch`: listeners and routes; `break`: removals held back. */
  readonly stage: "make" | "switch" | "break";
  readonly typeUrl: string;
  readonly names: readonly string[];
  /** What is awaited, in words: "the ACK of revision 12", "2 s of lingering". */
  readonly reason: string;
  readonly sinceMs: number;
}

/** One proxy across its streams. */
export interface ClientStatus {
  readonly node: NodeIdentity;
  readonly group: string | undefined;
  /** The revision of the group that is newest. */
  readonly revision: number;
  readonly peer: string;
  readonly connectedAtMs: number;
  /** Whether it only watches (its user agent says so): it neither gates nor counts. */
  readonly isObserver: boolean;
  readonly streams: readonly number[];
  readonly types: readonly TypeStatus[];
  readonly waits: readonly StageWait[];
}

/** One resource of one client. */
export interface ResourceStatus {
  readonly typeUrl: string;
  readonly name: string;
  /**
   * `synced`: it has the newest content; `sent`: that was sent, and not yet answered; `unsent`: it is not sent yet;
   * `rejected`: the client rejected it; `missing`: it does not exist, and the client knows.
   */
  readonly state: "synced" | "sent" | "unsent" | "rejected" | "missing";
  /** What the client was sent last. */
  readonly sent: Resource | undefined;
  /** What it ACKed last. */
  readonly acked: Resource | undefined;
  /** When it last ACKed a response of that type, ms since the epoch; `undefined`: it never ACKed this resource. */
  readonly ackedAtMs: number | undefined;
  readonly nack?: Nack | undefined;
}
