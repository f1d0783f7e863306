import type { Membership } from "../replicas/membership.ts";
import type { Store } from "../store/store.ts";
import { createBeats } from "./beats.ts";
import { createBook } from "./book/create-book.ts";
import { createCallers } from "./callers.ts";
import { type RegistryNews, registryChannel } from "./channels.ts";
import { createWriteCommitter } from "./commit-writes.ts";
import { createKeptServices } from "./kept-services.ts";
import { createDocumentLearner } from "./learn-documents.ts";
import { DEFAULT_REGISTRY_LIMITS, type RegistryLimits } from "./limits.ts";
import { createPassing, type ForwardHeartbeats } from "./pass-on.ts";
import { heardOf, instanceOf, instancesOf, massExpiriesOf, servicesOf } from "./read-book.ts";
import { closedError, overloadedError } from "./refusals.ts";
import type { Announced, Announcement, Registry } from "./registry.ts";
import { takeDeregistration, takeRegistration } from "./take-up.ts";

/** Options of {@link createRegistry}. */
export interface RegistryOptions {
  readonly store: Store;
  /** Who this replica is, the owner of what it hears, and who there is beside it. */
  readonly membership: Pick<Membership, "self" | "isListed" | "live" | "watch">;
  /** Default: nothing can be passed on, and instances move to the replica that they talk to. */
  readonly forward?: ForwardHeartbeats;
  /** Default: {@link DEFAULT_REGISTRY_LIMITS}. */
  readonly limits?: Partial<RegistryLimits>;
}

/** How often time is told to the book. */
const ADVANCE_MS = 100;

/**
 * A registry over a store: instances that the store has are known at once, each with a full TTL from now.
 *
 * It hears of every commit, whoever made it, and commits what follows of messages and silence.
 */
export function createRegistry({ store, membership, forward, ...options }: RegistryOptions): Registry {
  const self = membership.self.id;
  const limits = { ...DEFAULT_REGISTRY_LIMITS, ...options.limits };
  let isRestoring = true; // what is known from before is no news
  let isClosed = false;
  const tell = ({ about, message }: RegistryNews) => {
    if (!isRestoring) registryChannel(about).publish(message as never);
  };
  const book = createBook({ self, limits, nowMs: performance.now(), tell });
  const kept = createKeptServices();
  const callers = createCallers();
  const committer = createWriteCommitter({ store, book, kept, limits, answer: callers.answer });
  const { write } = committer;
  const passing = createPassing(book, forward, write);
  const beats = createBeats(book, write);

  const learner = createDocumentLearner(book, kept);
  learner.state(store.state());
  const unwatch = store.watch(store.state().revision, learner.event);
  isRestoring = false;
  const learnMembers = () => {
    const live = new Set(membership.live().keys());
    if (!membership.isListed()) live.delete(self);
    book.members(live);
    passing.members(live);
  };
  learnMembers();
  const advance = () => {
    book.advance(performance.now());
    write();
  };
  const stops = [membership.watch(learnMembers), every(ADVANCE_MS, advance), every(limits.forwardMs, passing.passOn)];

  const announce = async ({ register, heartbeats, deregister }: Announcement): Promise<Announced> => {
    if (isClosed) throw closedError();
    const { queued } = book;
    const { maxQueuedChanges } = limits;
    if (queued > 0 && queued + register.length + deregister.length > maxQueuedChanges) {
      throw overloadedError(queued, maxQueuedChanges);
    }
    const caller = callers.open();
    const parts = { book, kept, limits };
    const nowMs = performance.now();
    for (const said of register) takeRegistration(parts, said, caller, nowMs);
    for (const key of deregister) takeDeregistration(parts, key, caller, nowMs);
    for (const key of heartbeats) {
      const refusal = beats.heartbeat(key);
      if (refusal) caller.refusals.push(refusal);
    }
    write();
    await caller.settled();
    return { refusals: caller.refusals, revision: store.state().revision };
  };

  return {
    announce,
    heartbeat: beats.heartbeat,
    hearForwarded: beats.hearForwarded,
    services: () => [...new Set([...kept.names, ...servicesOf(book)])].sort(),
    instances: (service) => instancesOf(book, service),
    instance: (service, id) => instanceOf(book, service, id),
    heard: (service, id) => heardOf(book, self, service, id),
    massExpiries: () => massExpiriesOf(book),
    acceptLoss(service) {
      const gone = book.acceptLoss(service, performance.now());
      write();
      return gone;
    },
    get counts() {
      return { heartbeats: beats.counts, changes: callers.changes, ...committer.counts, queued: book.queued };
    },
    async close() {
      isClosed = true;
      for (const stop of stops) stop();
      await committer.close();
      unwatch();
    },
  };
}

function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  timer.unref();
  return () => clearInterval(timer);
}
