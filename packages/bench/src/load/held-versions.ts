import type { Content, Version } from "../workload/content.ts";
import type { HeldVersion } from "./requests.ts";

/** States of one resource whose versions are remembered. */
const MAX_STATES = 4;

/**
 * Which version each state of each resource had: clients that come back present them. All clients are told the same ones, so
 * one table serves all; what is forgotten is not presented, and the server sends it again.
 */
export class HeldVersions {
  private readonly known: { readonly state: number; readonly version: Version }[][] = [];
  private last: Content | undefined;

  /** Enters what a response brought. */
  note(content: Content): void {
    const { indexes, states, versions, count } = content;
    if (content === this.last && versions.length !== 1) return;
    this.last = content;
    for (let at = 0; at < count; at++) this.noteOne(indexes[at]!, states[at]!, versions[at]!);
  }

  /** The version that resource `index` has in that state; `undefined`: forgotten. */
  versionOf(index: number, state: number): Version | undefined {
    return this.known[index]?.find((one) => one.state === state)?.version;
  }

  private noteOne(index: number, state: number, version: Version): void {
    if (index < 0) return;
    const known = this.known[index] ?? [];
    this.known[index] = known;
    if (known[0]?.state === state || known.some((one) => one.state === state)) return;
    known.unshift({ state, version });
    if (known.length > MAX_STATES) known.pop();
  }
}

/** What a client presents on return: all that it holds but its first resource, so that it is owed an answer. */
export function presented(
  held: Iterable<{ readonly index: number; readonly state: number }>,
  versions: HeldVersions,
  nameOf: (index: number) => string,
): HeldVersion[] {
  return [...held].slice(1).flatMap(({ index, state }) => {
    const version = versions.versionOf(index, state);
    return version === undefined ? [] : [{ name: nameOf(index), version }];
  });
}
