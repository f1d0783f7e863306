import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeAs } from "./methods.ts";
import type { Steps } from "./service.ts";

/** Decoded messages that are passed on together: what is held decoded of one request is no more. */
const MAX_BATCH = 64;
/** Encoded bytes in a batch, but for its last message. */
const MAX_BATCH_BYTES = 65_536;

/**
 * Decodes messages in batches, each a step of work. Ends with `false` at one that is too large, for decoding it would be one
 * piece of work.
 *
 * @param encoded looked for step by step; `undefined` where there was something to look at and no message
 * @throws EnvoyApiError `bytes_invalid`; WireError, where `encoded` does
 */
export function* decodeEach<D extends DescMessage>(
  desc: D,
  encoded: Iterable<Uint8Array | undefined>,
  maxBytes: number,
  take: (batch: readonly MessageShape<D>[]) => void,
): Steps<boolean> {
  let batch: MessageShape<D>[] = [];
  let bytes = 0;
  let idle = 0;
  for (const each of encoded) {
    if (!each) {
      idle += 1;
      if (idle % MAX_BATCH === 0) yield;
      continue;
    }
    if (each.length > maxBytes) return false;
    batch.push(decodeAs(desc, each));
    bytes += each.length;
    if (batch.length < MAX_BATCH && bytes < MAX_BATCH_BYTES) continue;
    take(batch);
    batch = [];
    bytes = 0;
    yield;
  }
  if (batch.length > 0) take(batch);
  return true;
}
