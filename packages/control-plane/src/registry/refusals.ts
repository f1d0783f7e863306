import { FairleadError } from "../errors.ts";
import type { Verdict } from "./book/book.ts";
import type { InstanceKey } from "./instance.ts";
import type { ChangeResult, HeartbeatResult, Refusal } from "./registry.ts";

/** Seconds after which to come again when too much waits to be written. */
const RETRY_AFTER_S = 1;

const CODES = {
  written: "defect",
  same: "defect",
  late: "instance-stale",
  invalid: "instance-invalid",
  full: "registry-full",
  unknown: "instance-unknown",
} as const satisfies Record<ChangeResult, string>;

/** What is said of a heartbeat that does not count; without its key, so that nothing is built for each. */
export const HEARTBEAT_REFUSALS = {
  late: { code: "instance-stale", message: "the heartbeat came late: a newer message of the instance was heard" },
  again: { code: "instance-stale", message: "the heartbeat came twice: send a larger sequence with each" },
  dead: {
    code: "instance-unknown",
    message:
      "the instance was deregistered, expired, or is registered with a larger incarnation by now: register it anew, with a larger one if you send any",
  },
  unknown: {
    code: "instance-unknown",
    message: "the instance is not registered here, or not with that incarnation: register it",
  },
} as const satisfies Record<Exclude<HeartbeatResult, "heard" | "forwarded">, object>;

/** What is said of a registration or deregistration that was refused. */
export function refusalOf(key: InstanceKey, { result, message }: Verdict & { readonly kind: "refused" }): Refusal {
  return { key, code: CODES[result], message };
}

/** For who waits, or asks, while the registry is closed. */
export function closedError(): FairleadError {
  return new FairleadError("store-closed", "the registry is closed: the process is ending, try another replica");
}

/** For who asks while too much waits to be written. */
export function overloadedError(queued: number, max: number): FairleadError {
  return new FairleadError(
    "registry-overloaded",
    `${queued} instances wait to be written, and ${max} may: nothing of this was taken up, send it again in a while`,
    { members: { retryAfter: RETRY_AFTER_S } },
  );
}
