import type { Book, Verdict } from "./book/book.ts";
import type { Caller } from "./callers.ts";
import { keyFault, registrationFault } from "./check-registration.ts";
import type { InstanceKey, Registration } from "./instance.ts";
import type { KeptServices } from "./kept-services.ts";
import type { RegistryLimits } from "./limits.ts";

/** Where changes are taken up. */
export interface TakeUpParts {
  readonly book: Book;
  readonly kept: KeptServices;
  readonly limits: RegistryLimits;
}

/** Has the book decide on a registration, if there is nothing wrong with it, and tells the caller. */
export function takeRegistration(parts: TakeUpParts, said: Registration, caller: Caller, nowMs: number): void {
  const { book, limits } = parts;
  const { weight, ttlMs } = said;
  const isWhole = weight !== 0 && ttlMs !== 0;
  const filled = isWhole ? said : { ...said, weight: weight || 1, ttlMs: ttlMs || limits.defaultTtlMs };
  const refused = invalid(registrationFault(said, limits)) ?? noMoreServices(parts, said.service);
  caller.told(said, refused ?? book.register(filled, caller.asker(said), nowMs, Date.now()));
}

/** The same of a deregistration. */
export function takeDeregistration({ book }: TakeUpParts, key: InstanceKey, caller: Caller, nowMs: number): void {
  caller.told(key, invalid(keyFault(key)) ?? book.deregister(key, caller.asker(key), nowMs));
}

function invalid(fault: string | undefined): Verdict | undefined {
  return fault === undefined ? undefined : { kind: "refused", result: "invalid", message: fault };
}

/** The book knows services with instances; those without are kept too, and as many as are named would be. */
function noMoreServices({ book, kept: { names }, limits }: TakeUpParts, service: string): Verdict | undefined {
  if (names.size < limits.maxServices || names.has(service) || book.services.has(service)) return undefined;
  const message = `${names.size} services are kept: delete some that have no instances, or raise registry.maxServices`;
  return { kind: "refused", result: "full", message };
}
