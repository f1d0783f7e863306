import type { Workload } from "../plan/plan.ts";

/** The resources that a client asks for: `size` of them from `start`, around the end back to 0. */
export interface Window {
  readonly start: number;
  readonly size: number;
}

/** What client `client` asks for: everything, or a window of its own, which begins where its predecessor's ends, or a stride after it. */
export function windowOf(
  { subscribe, stride, count }: Pick<Workload, "subscribe" | "stride" | "count">,
  client: number,
): Window {
  if (typeof subscribe === "string") return { start: 0, size: count };
  const size = Math.min(subscribe.each, count);
  return { start: (client * (stride ?? size)) % count, size };
}
