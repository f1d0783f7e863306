import type { Resource } from "../cache/resource.ts";
import { NO_ENTRIES, type RareMap, withEntry } from "../rare-map.ts";

/** Until when old connections of changed or removed listeners may need what those listeners name (protocol.md, O1.3). */
export class Drains {
  private untilByReference: RareMap<string, number> = NO_ENTRIES;
  /** A listener with content that can't be read may refer to anything. */
  private everythingUntilMs = 0;

  /** A listener that its client replaces or removes now. */
  add(listener: Resource, untilMs: number): void {
    if (listener.facts.isOpaque) this.addUnknown(untilMs);
    for (const { typeUrl, name } of listener.facts.references)
      this.untilByReference = withEntry(this.untilByReference, `${typeUrl}|${name}`, untilMs);
  }

  /** A listener of which nothing is known. */
  addUnknown(untilMs: number): void {
    this.everythingUntilMs = Math.max(this.everythingUntilMs, untilMs);
  }

  /** Until when that name is needed, ms; in the past or 0: it is not. */
  untilMs(typeUrl: string, name: string): number {
    return Math.max(this.everythingUntilMs, this.untilByReference.get(`${typeUrl}|${name}`) ?? 0);
  }

  /** Forgets what is over. */
  prune(nowMs: number): void {
    for (const [key, untilMs] of this.untilByReference) if (untilMs <= nowMs) this.untilByReference.delete(key);
  }
}
