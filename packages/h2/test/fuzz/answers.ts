/** What a request asks of either server by its path. Both do the same. */
export type Answer =
  /** 200 at once, every byte back as it comes, and in the trailers how many there were. */
  | { readonly kind: "echo" }
  /** At the request's end: 200, how many bytes it had, trailers. */
  | { readonly kind: "count" }
  /** 200, so many bytes and trailers at once, whether the request is whole or not. */
  | { readonly kind: "now"; readonly bytes: number }
  /** 404 without a body at once. */
  | { readonly kind: "empty" }
  /** Reset at once. */
  | { readonly kind: "reset"; readonly code: number }
  /** Nothing, ever. */
  | { readonly kind: "hold" };

/** Reads a path: `/now/1000`, `/reset/8`, `/echo`. A path that is none of them is `empty`. */
export function answerTo(path: string): Answer {
  const [, kind, text = "0"] = path.split("/");
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0; // the path may be a mutated one
  switch (kind) {
    case "now":
      return { kind, bytes: number };
    case "reset":
      return { kind, code: number };
    case "echo":
    case "count":
    case "hold":
      return { kind };
    default:
      return { kind: "empty" };
  }
}

/** The body of `now`: every byte says where it is. */
export function bodyOf(bytes: number): Buffer {
  const body = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at++) body[at] = at % 251;
  return body;
}

/** Settings and limits that both servers have. */
export const common = {
  streamWindowBytes: 65_535,
  connectionWindowBytes: 65_535,
  maxHeaderPairs: 64,
  maxHeaderListBytes: 16_384,
  maxStreams: 100,
  headerTableBytes: 4_096,
} as const;
