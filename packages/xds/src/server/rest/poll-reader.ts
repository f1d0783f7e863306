import { createHash } from "node:crypto";
import type { PollRequest } from "../polls.ts";
import { readPoll } from "./read-poll.ts";

/** Most bytes of polls remembered, as far as they were read. */
const MAX_REMEMBERED_BYTES = 32 * 1_048_576;

/**
 * Reads polls, and knows again those that say the same as before, as nearly all do: an Envoy says 80 KB with each, of
 * which its extensions are stepped over, and a digest of them costs a sixth of reading.
 */
export class PollReader {
  /** By digest; the longest not heard first. */
  readonly #known = new Map<string, { readonly poll: PollRequest; readonly bytes: number }>();
  #bytes = 0;

  /** @returns the poll, or what is wrong with it */
  read(body: Uint8Array, typeUrl: string): PollRequest | { readonly fault: string } {
    const digest = createHash("sha256").update(typeUrl).update("\0").update(body).digest("base64url");
    const known = this.#known.get(digest);
    if (known) {
      this.#known.delete(digest);
      this.#known.set(digest, known);
      return known.poll;
    }
    const poll = readPoll(body, typeUrl);
    if (!("fault" in poll)) this.#remember(digest, poll);
    return poll;
  }

  #remember(digest: string, poll: PollRequest): void {
    const bytes = JSON.stringify(poll).length + digest.length;
    if (bytes > MAX_REMEMBERED_BYTES) return;
    this.#known.set(digest, { poll, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#known) {
      if (this.#bytes <= MAX_REMEMBERED_BYTES) return;
      this.#known.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}
