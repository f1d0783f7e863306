import type { ReceivedResource } from "./response.ts";
import type { Change, HeldResource } from "./subscription.ts";
import { type Wanted, wants } from "./wanted.ts";

/** What a client holds of one type, and which of the names that it asked for do not exist. */
export class Holdings {
  readonly byName = new Map<string, HeldResource>();
  /** Names known not to exist, so that each is told once. */
  readonly absent = new Set<string>();

  /** Takes over a resource of a response; `undefined`: nothing changed by it. */
  put(received: ReceivedResource): Change | undefined {
    const { typeUrl, name, version, aliases, ttlMs } = received;
    const previous = this.byName.get(name);
    if (received.value === undefined) return undefined;
    if (previous && isSame(previous, received)) {
      if (previous.version !== version) this.byName.set(name, { ...previous, version });
      return undefined;
    }
    // copied: a view would keep the whole response alive as long as one of its resources
    const resource = { typeUrl, name, version, aliases, ttlMs, value: new Uint8Array(received.value) };
    this.absent.delete(name);
    this.byName.set(name, resource);
    return { resource, previous };
  }

  /** Notes that a name does not exist. Whether that is news. */
  remove(name: string, wanted: Wanted): boolean {
    if (this.byName.delete(name)) {
      if (wanted.names.has(name)) this.absent.add(name);
      return true;
    }
    if (!wanted.names.has(name) || this.absent.has(name)) return false;
    this.absent.add(name);
    return true;
  }

  /** Forgets what is not wanted. */
  retain(wanted: Wanted): void {
    for (const [name, held] of this.byName) if (!wants(wanted, held)) this.byName.delete(name);
    for (const name of this.absent) if (!wanted.names.has(name)) this.absent.delete(name);
  }
}

function isSame(held: HeldResource, received: ReceivedResource): boolean {
  return (
    Buffer.compare(held.value, received.value!) === 0 &&
    held.ttlMs === received.ttlMs &&
    held.aliases.length === received.aliases.length &&
    held.aliases.every((alias, index) => alias === received.aliases[index])
  );
}
