import { createBoundedLabels } from "./bounded-labels.ts";

/** The most types that get a label of their own: a client names types freely. */
const MAX_TYPES = 64;
const PREFIX = "type.googleapis.com/";

/** Turns type URLs into label values: the message's full name, or `other` once 64 different ones were seen. */
export function createTypeLabels(): (typeUrl: string) => string {
  return createBoundedLabels(MAX_TYPES, (typeUrl) =>
    typeUrl.startsWith(PREFIX) ? typeUrl.slice(PREFIX.length) : typeUrl,
  );
}
