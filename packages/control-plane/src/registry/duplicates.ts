import type { Registration } from "./instance.ts";

/** Registrations of one request that name the same instance as another of it, each with what is wrong: which one is meant, nobody can say. */
export function duplicates(register: readonly Registration[]): ReadonlyMap<Registration, string> {
  const found = new Map<Registration, string>();
  if (register.length < 2) return found;
  const firstByKey = new Map<string, Registration>();
  for (const registration of register) {
    const { service, id } = registration;
    const key = `${service}/${id}`;
    const first = firstByKey.get(key);
    if (!first) {
      firstByKey.set(key, registration);
      continue;
    }
    const message = `instance ${key} is registered twice in one request, and neither was taken up: name it once`;
    found.set(first, message).set(registration, message);
  }
  return found;
}
