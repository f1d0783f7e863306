import type { H2Error } from "../errors.ts";

/** How a stream ended. */
export type StreamEnd =
  /** It came to its end as it should. A client's trailers, if there were any, came before. */
  | { readonly kind: "ended" }
  /** The peer reset it. */
  | { readonly kind: "reset"; readonly code: number }
  /** The server did nothing with it: it may be tried again elsewhere. Only a client is told so. */
  | { readonly kind: "refused"; readonly by: "reset" | "goaway" }
  /** The peer broke a rule on this stream alone, which was reset for it. */
  | { readonly kind: "fault"; readonly error: H2Error }
  /** It was reset from here. */
  | { readonly kind: "cancelled" }
  /** The connection is gone. */
  | { readonly kind: "lost" };

/** The ends that need no detail, made once. */
export const ended: StreamEnd = { kind: "ended" };
/** @see ended */
export const cancelled: StreamEnd = { kind: "cancelled" };
/** @see ended */
export const lost: StreamEnd = { kind: "lost" };
