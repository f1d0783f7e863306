import { gunzip as gunzipLater, gunzipSync } from "node:zlib";
import type { GrpcStatus } from "../server/transport.ts";
import { status } from "./status.ts";

/** A message up to this size is inflated on the spot; a larger one in the thread pool, since it could hold the loop. */
const inlineBytes = 4_096;

/** Messages inflated in the pool at once, in the whole process; each may come to hold a message's limit. */
const mostInflating = 4;
const waiting: (() => void)[] = [];
let inflating = 0;

/** What {@link gunzip} made of a message. */
export type Gunzipped =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "fault"; readonly status: GrpcStatus };

/**
 * Inflates a gzip message of at most `limitBytes`; beyond them it stops, so that a bomb costs no more than a message may.
 * @returns a promise only where the work went to the thread pool
 */
export function gunzip(compressed: Uint8Array, limitBytes: number): Gunzipped | Promise<Gunzipped> {
  if (compressed.length > inlineBytes) return inPool(() => inflateLater(compressed, limitBytes));
  try {
    return { kind: "bytes", bytes: gunzipSync(compressed, { maxOutputLength: Math.max(1, limitBytes) }) };
  } catch (error) {
    return { kind: "fault", status: faultOf(error as Error, limitBytes) };
  }
}

/** Runs it when a place is free, oldest first: a thousand messages inflated at once would hold a thousand times the limit. */
async function inPool(inflate: () => Promise<Gunzipped>): Promise<Gunzipped> {
  if (inflating >= mostInflating) await new Promise<void>((resolve) => waiting.push(resolve));
  else inflating += 1;
  try {
    return await inflate();
  } finally {
    const next = waiting.shift();
    if (next === undefined) inflating -= 1;
    else next(); // takes over the place
  }
}

function inflateLater(compressed: Uint8Array, limitBytes: number): Promise<Gunzipped> {
  return new Promise((resolve) => {
    gunzipLater(compressed, { maxOutputLength: Math.max(1, limitBytes) }, (error, bytes) => {
      resolve(error === null ? { kind: "bytes", bytes } : { kind: "fault", status: faultOf(error, limitBytes) });
    });
  });
}

function faultOf(error: Error, limitBytes: number): GrpcStatus {
  if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
    return status("RESOURCE_EXHAUSTED", `the message inflates to more than the ${limitBytes} bytes that are taken`);
  }
  return status("INTERNAL", `the message is marked as gzip and is not: ${error.message}`);
}
