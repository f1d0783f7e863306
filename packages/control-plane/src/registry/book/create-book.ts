import type { Book, BookOptions } from "./book.ts";
import { createExpiry } from "./expiry.ts";
import { createHeartbeats } from "./heartbeats.ts";
import { createLearning } from "./learn.ts";
import { createMessages } from "./messages.ts";
import { createOutgoing } from "./outgoing.ts";
import { createOwners } from "./owners.ts";
import { createShelf } from "./shelf.ts";
import { createSilence } from "./silence.ts";
import { createTombstones } from "./tombstones.ts";
import { createWishes } from "./wishes.ts";
import { createWriting } from "./writing.ts";

/** A book that knows nothing yet. */
export function createBook({ self, limits, nowMs: startMs, tell }: BookOptions): Book {
  const tombstones = createTombstones({ keepMs: limits.tombstoneMs, max: limits.maxTombstones });
  const silence = createSilence(limits, startMs);
  const shelf = createShelf(silence.unwatch);
  const wishes = createWishes();
  const outgoing = createOutgoing();
  const owners = createOwners(self, limits, silence);
  const heartbeats = createHeartbeats({ shelf, tombstones, owners, silence, wishes, outgoing });
  const messages = createMessages({ limits, shelf, tombstones, heartbeats, wishes });
  const expiry = createExpiry({ limits, owners, silence, wishes, tell });
  const learning = createLearning({ shelf, tombstones, owners, silence, expiry, tell });
  const writing = createWriting({ shelf, tombstones, owners, silence, wishes, learning, messages });
  let lastMs = startMs;

  return {
    services: shelf.services,
    register: (said, asker, nowMs, wallMs) => messages.register(said, [asker], nowMs, wallMs),
    deregister: (said, asker, nowMs) => messages.deregister(said, [asker], nowMs),
    heartbeat: heartbeats.take,
    stored: learning.stored,
    adopted: learning.adopted,
    documentKeys: learning.documentKeys,
    members: owners.members,
    advance(nowMs) {
      const awayMs = nowMs - lastMs;
      lastMs = nowMs;
      if (awayMs > limits.pauseMs) {
        silence.forgive(nowMs);
        tell({ about: "fairlead:registry:away", message: { awayMs } });
      }
      expiry.advance(nowMs);
      owners.orphans.look(nowMs);
    },
    takeWrites: writing.take,
    settle: writing.settle,
    takeForwardings: outgoing.take,
    notForwarded: heartbeats.notForwarded,
    acceptLoss(name, nowMs) {
      const service = shelf.services.get(name);
      return service?.alarm && expiry.acceptLoss(service, nowMs);
    },
    massExpiryOf(service, nowMs) {
      const { silent, total } = expiry.census(service, nowMs);
      return { silent, total };
    },
    get size() {
      return shelf.size;
    },
    get queued() {
      return wishes.size;
    },
  };
}
