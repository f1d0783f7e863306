import type { Resource } from "../cache/resource.ts";
import type { ResourceError } from "../cache/resource-error.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import type { Cause } from "../channels.ts";
import { NO_ENTRIES, type RareMap, withEntry } from "../rare-map.ts";
import { bodiless } from "./bodiless.ts";
import { type Interest, includes, NO_INTEREST } from "./interest.ts";
import { type NameSet, NO_NAMES } from "./name-set.ts";
import type { Mode, Plan } from "./plan.ts";
import type { Spellings } from "./spelling.ts";
import { type TypeTraits, traitsOf } from "./type-traits.ts";
import { resourceIn, resourcesIn, type View } from "./view.ts";

/** A snapshot in the order in which one client met it. Ordinals are the client's own, since groups may change under it. */
export interface Head {
  readonly snapshot: Snapshot;
  readonly ordinal: number;
}

/** A response on its way: sent and not yet answered. */
export interface Sent {
  readonly nonce: string;
  readonly plan: Plan;
  /** The same as it goes to the client: names in its own spelling (O4). */
  readonly spelled: Plan;
  readonly cause: Cause;
  readonly view: View;
  readonly ordinal: number;
  readonly sentAtMs: number;
  /** The ordinal of the newest clusters sent to this client before it: what its ACK can confirm (O1.1). */
  readonly afterClusters: number;
}

/** Clusters that a CDS response brought, until it is clear what became of them (O1.1). */
export interface Wave {
  /** The newest head whose clusters are those of this response. */
  head: Head;
  readonly nonce: string;
  /** Of the response: that of the head it was sent at. */
  ordinal: number;
  readonly sentAtMs: number;
  introduced: readonly Resource[];
  /** Their names: they may be thousands, and are looked up for each of as many. */
  introducedNames: ReadonlySet<string>;
  state: "sent" | "acked" | "rejected";
  /** What the client rejected, where it said so. */
  rejected: ReadonlySet<string>;
  /** Until when its clusters that warm without a sign are given time (`warmGraceMs`), ms; 0: they need none. */
  warmUntilMs: number;
  /** Endpoints of some were asked for before: by them, or by others that had the name then. So these are given time, too. */
  isUnsure: boolean;
  /** Its clusters by the name of their endpoints, which several may share. */
  clustersByEndpoints: ReadonlyMap<string, readonly string[]>;
  /** Endpoints of its new clusters that other clusters take too: their ACK proves nothing. */
  sharedEndpoints: ReadonlySet<string>;
}

/** What a client may hold of a name that it rejected: what it had before, and what it may have taken in part. */
export interface Rejection {
  /** What it had before, where it had anything. */
  readonly before: Resource | undefined;
  readonly mayHold: readonly Resource[];
  /** What the client said of it, where it is clear that this one is bad: it was rejected alone, or the client named it. */
  readonly nack?: Nack | undefined;
}

/** A rejection in the client's words (C5). */
export interface Nack {
  readonly code: number;
  readonly message: string;
  readonly version: string;
  /** The revision that the rejected content is of. */
  readonly revision: number;
  readonly atMs: number;
}

/** Names of a rejected response among which something is bad, perhaps (C5). */
export interface Suspects {
  readonly names: readonly string[];
  /** The other part of what was rejected: if that is taken, something in this one is bad for certain. */
  readonly twin: readonly string[] | undefined;
  readonly nack: Nack;
}

/** Most rejected contents of one name that are remembered. */
const MAX_REJECTIONS = 8;

/** What a client that comes back says it has. */
export type Resumption =
  | { readonly mode: "sotw"; readonly version: string }
  | { readonly mode: "delta"; readonly versions: ReadonlyMap<string, string> };

/** What a subscription by polls remembers of them (REST). */
export interface Polls {
  /** The version that the newest response answered: what its client goes on to say, if it rejects that or never had it. */
  asked: string;
  /** How many polls since then said the same. */
  repeats: number;
  /** What the newest poll has to be answered with was lost, or may have been: it is to be sent again. */
  isAskedAgain: boolean;
  /** What is presumed rejected, until its version is heard after all. */
  presumed: Sent | undefined;
  /** Responses, ever. */
  count: number;
}

/** The next heartbeat for resources with one time to live. */
export interface Beat {
  readonly dueAtMs: number;
  /** Names up to this one have had it already, where they are too many for one response. */
  readonly after: string;
}

/** One type on one stream. */
export interface Subscription {
  readonly streamId: number;
  readonly typeUrl: string;
  readonly traits: TypeTraits;
  readonly mode: Mode;
  readonly isAggregated: boolean;
  readonly openedAtMs: number;
  /** `undefined`: it is a stream's. */
  readonly polls: Polls | undefined;
  /** Its first request came with versions: a client that was here or at another replica before (C9). */
  isFresh: boolean;
  /** What its first request said it has, until there is a snapshot to compare with (C9, D1). */
  resumes: Resumption | undefined;
  /** The same, until the first answer to it. */
  returnedWith: Resumption | undefined;
  /** In delta, the versions it came back with, until its first ACK: what it may go on with when it rejects. */
  brought: ReadonlyMap<string, string> | undefined;
  isOpened: boolean;
  /** A name was listed once, so that no names mean nothing and no longer everything (W6). */
  wasNamed: boolean;
  interest: Interest;
  spellings: Spellings;
  /** For virtual hosts: the route configurations that were covered when it was last looked at (D8). */
  within: NameSet | undefined;
  /** For virtual hosts: those that it was sent on demand, and is kept up with. */
  onDemand: NameSet;
  /** Likewise: the route configurations that the client subscribed to. */
  routes: NameSet | undefined;
  /** What the client has been sent, or had already. */
  held: View | undefined;
  acked: View | undefined;
  /** Names to be answered though unchanged, and why. */
  owed: RareMap<string, Cause>;
  owesAll: Cause | undefined;
  /** Oldest first; one, or two where the first is silent (C3). */
  inFlight: readonly Sent[];
  rejected: RareMap<string, Rejection>;
  /** The errors that it was told, by name, until they are over (O5). */
  toldErrors: RareMap<string, ResourceError>;
  /** What of {@link rejected} is to be tried in parts, the next one last (C5). */
  suspects: readonly Suspects[];
  /** How many more responses may try such parts. */
  trialsLeft: number;
  /** When what expires is to be renewed, by time to live in ms (O3). */
  beats: RareMap<number, Beat>;
  /** The newest head that the client has answered for, ACK or NACK, or in which nothing differs for it. */
  answered: number;
  /**
   * For endpoints on a stream of their own: the ordinal of the newest clusters before what it asked for, was sent and took; 0: what
   * it came back with; {@link NOT_ASKED}: nothing yet.
   */
  askedAfter: number;
  /** For clusters only: responses whose clusters are not yet confirmed, oldest first. */
  waves: readonly Wave[];
  /** For clusters only: the newest head that {@link waves} let pass. */
  passed: Head | undefined;
  target: View | undefined;
  isDirty: boolean;
  /** It was told once that a response was over the size budget (C7). */
  isLargeTold: boolean;
  lastNonce: string;
  ackedVersion: string;
  sentVersion: string;
  lastAckAtMs: number | undefined;
  nack: Nack | undefined;
}

/** {@link Subscription.askedAfter} of a stream that has taken nothing yet. */
export const NOT_ASKED = -1;

/** Of which nearly every subscription has none. */
const NONE: readonly never[] = [];

/** A subscription before its first request. */
export function openSubscription(
  stream: {
    readonly id: number;
    readonly mode: Mode;
    readonly isAggregated: boolean;
    readonly polledAtMs: number | undefined;
  },
  typeUrl: string,
  nowMs: number,
): Subscription {
  return {
    streamId: stream.id,
    typeUrl,
    traits: traitsOf(typeUrl),
    mode: stream.mode,
    isAggregated: stream.isAggregated,
    openedAtMs: nowMs,
    polls:
      stream.polledAtMs === undefined
        ? undefined
        : { asked: "", repeats: 0, isAskedAgain: false, presumed: undefined, count: 0 },
    isFresh: false,
    resumes: undefined,
    brought: undefined,
    returnedWith: undefined,
    isOpened: false,
    wasNamed: false,
    interest: NO_INTEREST,
    spellings: NO_ENTRIES,
    within: undefined,
    onDemand: NO_NAMES,
    routes: undefined,
    held: undefined,
    acked: undefined,
    owed: NO_ENTRIES,
    owesAll: undefined,
    inFlight: NONE,
    rejected: NO_ENTRIES,
    toldErrors: NO_ENTRIES,
    suspects: NONE,
    trialsLeft: 0,
    beats: NO_ENTRIES,
    answered: 0,
    askedAfter: NOT_ASKED,
    waves: NONE,
    passed: undefined,
    target: undefined,
    isDirty: true,
    isLargeTold: false,
    lastNonce: "",
    ackedVersion: "",
    sentVersion: "",
    lastAckAtMs: undefined,
    nack: undefined,
  };
}

/** A name is to be answered though unchanged, and why. */
export function owe(sub: Subscription, name: string, cause: Cause): void {
  sub.owed = withEntry(sub.owed, name, cause);
}

/** What an answer settled. */
export type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "acked"; readonly sent: readonly Sent[] }
  | { readonly kind: "nacked"; readonly sent: Sent };

/** Characters of a rejection's text that are kept; a longer one was cut, and may name more than it still says. */
export const MAX_REJECTION_LENGTH = 65_536;

/** A rejection's text (`google.rpc.Status`). */
export interface ErrorDetail {
  readonly code: number;
  readonly message: string;
}

const NO_ANSWER: Answer = { kind: "none" };

/** Applies the answering part of a request: an ACK or NACK of a response in flight; anything else is none (C3, C5). */
export function takeAnswer(sub: Subscription, nonce: string, error: ErrorDetail | undefined, nowMs: number): Answer {
  const index = nonce === "" ? -1 : sub.inFlight.findIndex((sent) => sent.nonce === nonce);
  if (index < 0) return NO_ANSWER;
  const sent = sub.inFlight[index]!;
  if (error && sent.plan.kind !== "content") {
    sub.inFlight = sub.inFlight.toSpliced(index, 1);
    return { kind: "nacked", sent };
  }
  // In SotW the later response holds all that the earlier one did, so its answer settles both.
  const from = sub.mode === "sotw" ? 0 : index;
  const settled = sub.inFlight.slice(from, index + 1);
  sub.inFlight = settled.length === sub.inFlight.length ? NONE : sub.inFlight.toSpliced(from, settled.length);
  sub.isDirty = true;
  if (error) {
    reject(sub, sent);
    const { base } = sent.view;
    const { code, message } = error;
    sub.nack = { code, message, version: sent.plan.version, revision: base.revision, atMs: nowMs };
    return { kind: "nacked", sent };
  }
  const newest = settled.findLast(({ plan }) => plan.kind === "content");
  if (newest) accept(sub, newest);
  sub.lastAckAtMs = nowMs;
  return { kind: "acked", sent: settled };
}

function accept(sub: Subscription, sent: Sent): void {
  if (sub.rejected.size > 0) absolve(sub, sent);
  if (sub.rejected.size === 0) sub.nack = undefined;
  sub.acked = sent.view;
  sub.brought = undefined;
  sub.ackedVersion = sent.plan.version;
  sub.answered = Math.max(sub.answered, sent.plan.rest.length > 0 ? 0 : sent.ordinal);
}

/** What the client takes now it rejects no more. */
function absolve(sub: Subscription, { plan, view }: Sent): void {
  for (const { name } of plan.resources) sub.rejected.delete(name);
  for (const name of plan.removed) sub.rejected.delete(name);
  if (sub.mode === "sotw" && sub.traits.isFullState) sub.rejected.clear();
  // What is gone can't be told in SotW, and so would never be answered for (W2).
  if (sub.mode === "sotw") {
    for (const name of sub.rejected.keys()) if (!resourceIn(view, name)) sub.rejected.delete(name);
  }
}

/** Whether a client that came back, and has ACKed nothing yet, may have had a resource of that name with it. */
export function mayHaveBrought(sub: Subscription, name: string): boolean {
  const versions = sub.resumes?.mode === "delta" ? sub.resumes.versions : sub.brought;
  return sub.isFresh && (versions === undefined || versions.has(name));
}

/**
 * Whether a SotW client that came back may go on with what is known to it alone: it rejected the answer, took none since, and
 * still asks for something.
 */
export function keepsUnknown({ mode, isFresh, acked, nack, interest }: Subscription): boolean {
  if (mode !== "sotw" || !isFresh || acked || nack === undefined) return false;
  return interest.kind === "wildcard" || interest.names.names.size > 0;
}

/** What a client has of a name by what it answered: where it rejected the newest, the one before. */
export function hadOf(sub: Subscription, held: View, name: string): Resource | undefined {
  const rejection = sub.rejected.get(name);
  return rejection ? rejection.before : resourceIn(held, name);
}

function reject(sub: Subscription, sent: Sent): void {
  const before = (name: string) => {
    // What a client brought along and has not replaced is known to it alone.
    if (!sub.acked) return mayHaveBrought(sub, name) ? bodiless(sub.typeUrl, name, "") : undefined;
    return sub.acked.overlay.get(name) ?? sub.acked.base.resources.get(name);
  };
  const add = (name: string, after: Resource | undefined) => {
    // What the client wants no more it will not be sent, and so its rejection would never be over.
    if (!includes(sub.interest, name)) return;
    const known = sub.rejected.get(name);
    const first = known ? known.before : before(name);
    const rejected = known?.mayHold.filter((resource) => resource !== first && resource !== after) ?? [];
    const mayHold = [first, ...rejected.slice(1 - MAX_REJECTIONS), after];
    sub.rejected = withEntry(sub.rejected, name, {
      before: first,
      mayHold: mayHold.filter((resource) => resource !== undefined),
    });
  };
  for (const resource of sent.plan.resources) add(resource.name, resource);
  for (const name of sent.plan.removed) add(name, undefined);
  if (sub.mode === "delta" || !sub.traits.isFullState || !sub.acked) return;
  // Absence deletes, and that too is rejected: the client may keep what it had.
  const told = new Set(sent.plan.resources.map(({ name }) => name));
  for (const { name } of resourcesIn(sub.acked, sub.interest)) if (!told.has(name)) add(name, undefined);
}
