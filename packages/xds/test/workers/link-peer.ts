// The other end of a link in a test: sends back every record, with what was attached to it.
import { workerData } from "node:worker_threads";
import { Link, type LinkEnd } from "../../src/server/workers/link.ts";

const ATTACHED = 2;

const link: Link = new Link(workerData as LinkEnd, {
  onRecord(kind, a, b, bytes) {
    link.put(kind, a, b, bytes, undefined, kind === ATTACHED ? link.takeAttachment() : undefined);
  },
  beforeFlush() {},
  onRoom() {},
  onFault(error) {
    throw error;
  },
});
