import { ask } from "../replicas/ask-others.ts";
import type { Replicas } from "../replicas/replicas.ts";
import type { ForwardHeartbeats } from "./pass-on.ts";

/** Heartbeats in one request; its body is some hundred bytes for each at most. */
const MAX_PER_REQUEST = 5_000;
/** How long a replica's answer is waited for, ms: a heartbeat that comes late is little use. */
const FORWARD_MS = 2_000;

/** Passes heartbeats on through the admin API of the replica that owns their instances. */
export function forwardByAdmin(replicas: Pick<Replicas, "others">): ForwardHeartbeats {
  return async (owner, keys) => {
    const replica = replicas.others().find(({ id }) => id === owner);
    if (!replica) throw new Error(`replica ${owner} is not there any more`);
    for (let first = 0; first < keys.length; first += MAX_PER_REQUEST) {
      const heartbeats = keys.slice(first, first + MAX_PER_REQUEST);
      await ask(replica, { path: "/v1/replicas/heartbeats", body: { heartbeats }, timeoutMs: FORWARD_MS });
    }
  };
}
