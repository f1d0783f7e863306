import type { ErrorCode } from "../errors.ts";
import type { Instance, InstanceKey, Registration } from "./instance.ts";

/** Several messages about instances, taken up together. */
export interface Announcement {
  readonly register: readonly Registration[];
  readonly heartbeats: readonly InstanceKey[];
  readonly deregister: readonly InstanceKey[];
}

/** What was not taken up of an {@link Announcement}. */
export interface Refusal {
  readonly key: InstanceKey;
  /** `instance-unknown`: register again; `instance-stale`: something newer is known; `instance-invalid`: a field is wrong; `registry-full`: a limit is reached. */
  readonly code: ErrorCode;
  readonly message: string;
}

/** What came of an {@link Announcement}. */
export interface Announced {
  readonly refusals: readonly Refusal[];
  /** The revision by which all changes are kept for good. */
  readonly revision: number;
}

/** Too many instances of a service fell silent at once: their last good state is kept. */
export interface MassExpiry {
  readonly service: string;
  /** Since when, ms since the epoch. */
  readonly sinceMs: number;
  /** Instances that are silent for more than their TTL, and kept. */
  readonly silent: number;
  /** Instances of the service. */
  readonly total: number;
}

/** What became of the heartbeats and changes so far, since the process began. */
export interface RegistryCounts {
  /** By result: `heard` and `forwarded` were taken up, the others dropped. */
  readonly heartbeats: Readonly<Record<HeartbeatResult, number>>;
  /** Registrations and deregistrations, by result. */
  readonly changes: Readonly<Record<ChangeResult, number>>;
  readonly commits: number;
  readonly failedCommits: number;
  /** Instances written by all commits. */
  readonly written: number;
  /** Instances that wait to be written. */
  readonly queued: number;
}

/** `late`: older than what is known; `again`: the newest, once more; `dead`: of a life that ended; `unknown`: not registered. */
export type HeartbeatResult = "heard" | "forwarded" | "late" | "again" | "dead" | "unknown";

/** `written`; `same`: nothing new, no write; `late`: older than what is known; `invalid`; `full`; `unknown`: nothing to deregister. */
export type ChangeResult = "written" | "same" | "late" | "invalid" | "full" | "unknown";

/** The newest message of an instance that counted. */
export interface Heard {
  readonly incarnation: number;
  readonly sequence: number;
  /** When it came, ms since the epoch. */
  readonly atMs: number;
}

/** The services that announce themselves, and their instances. What is written goes through the store; heartbeats stay in memory. */
export interface Registry {
  /**
   * Takes up messages; what is wrong with one keeps no other from being taken up. Resolves when all that changed is durable;
   * many calls at a time share a commit.
   *
   * @throws FairleadError what `Store.commit` throws; `registry-overloaded`: too much waits to be written, nothing of this was taken up
   */
  announce(announcement: Announcement): Promise<Announced>;
  /** One heartbeat, without any promise: the hot path. `undefined`: taken up. A change that it causes (healthy again) is committed soon. */
  heartbeat(key: InstanceKey): Refusal | undefined;
  /** Heartbeats that another replica heard and passed on: they are for instances that this one owns, or go no further. How many count. */
  hearForwarded(keys: readonly InstanceKey[]): number;
  /** Names of all services with an instance or settings, in order. */
  services(): Iterable<string>;
  /** The instances of a service, by id. */
  instances(service: string): Iterable<Instance>;
  instance(service: string, id: string): Instance | undefined;
  /** What was heard last of an instance; `undefined`: nothing, or another replica hears it. */
  heard(service: string, id: string): Heard | undefined;
  /** Services of which too many instances of this replica fell silent at once. */
  massExpiries(): Iterable<MassExpiry>;
  /**
   * The operator's word that the silent instances of a service are gone for good: they expire now. How many there are;
   * `undefined`: the service has no such alarm here.
   */
  acceptLoss(service: string): number | undefined;
  readonly counts: RegistryCounts;
  close(): Promise<void>;
}
