import { mergeMessage } from "../../wire/merge.ts";
import { WireReader } from "../../wire/reader.ts";

/** Every value of a length-delimited field, sharing memory with the message; found as it is asked for. @throws WireError */
export function* valuesOf(message: Uint8Array, wantedTag: number): Generator<Uint8Array> {
  const reader = new WireReader(message);
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === wantedTag) yield reader.view();
    else reader.skip(tag);
  }
}

/** An embedded message, all its occurrences merged, copied; `undefined`: it has none. @throws WireError */
export function messageIn(message: Uint8Array, tag: number): Uint8Array | undefined {
  let merged: Uint8Array | undefined;
  for (const value of valuesOf(message, tag)) merged = mergeMessage(merged, value);
  return merged;
}
