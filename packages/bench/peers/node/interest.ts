import { type Held, type Snapshot, typeUrlOf } from "./snapshot.ts";

/** What a request says, as far as these peers look at it. */
export interface Heard {
  readonly typeUrl: string;
  /** SotW: how many names it has. Delta: the names that it subscribes to. */
  readonly names: number | readonly string[];
}

/**
 * What a stream is to be told: what changed after a revision (0: all there is), or again what it asked for by these names.
 * SotW tells all there is either way.
 */
export type Telling =
  | { readonly kind: "since"; readonly revision: number }
  | { readonly kind: "again"; readonly names: ReadonlySet<string> };

/**
 * What one stream has and wants. It is asked when the stream can take a message, so a slow one gets the newest state.
 *
 * No subscriptions are kept: a stream that asked for the served type is told of all its resources.
 */
export class Interest {
  /** The revision that it was told last; `undefined` until it asks for the served type. */
  private told: number | undefined;
  private asksAgain = false;
  private sotwNames = 0;
  private again = new Set<string>();

  /** Takes note of a request: a first one, more names, or an ACK or NACK, which wants nothing. */
  hear({ typeUrl, names }: Heard, latest: Snapshot): void {
    if (typeUrl !== "" && typeUrl !== typeUrlOf(latest.shape)) return; // there is nothing of other types
    const isFirst = this.told === undefined;
    this.told ??= 0;
    if (typeof names === "number") {
      this.asksAgain ||= !isFirst && names > this.sotwNames;
      this.sotwNames = names;
    } else if (!isFirst && names.length > 0) {
      this.asksAgain = true;
      for (const name of names) this.again.add(name);
    }
  }

  /** What to tell it now, which is then taken for told; `undefined`: nothing. */
  next({ revision }: Snapshot): Telling | undefined {
    if (this.told === undefined) return undefined;
    if (this.told < revision) {
      const telling = { kind: "since", revision: this.told } as const;
      this.told = revision;
      return telling;
    }
    if (!this.asksAgain) return undefined;
    const names = this.again;
    this.asksAgain = false;
    this.again = new Set();
    return { kind: "again", names };
  }
}

/** The resources of a delta response that tells this. */
export function select({ held }: Snapshot, telling: Telling): readonly Held[] {
  if (telling.kind === "since") return held.filter((each) => each.revision > telling.revision);
  return held.filter((each) => telling.names.has(each.name));
}
