import type { Setup } from "./simulation.ts";

/** How a client may ask: over one stream or several, in either protocol, or by polls. */
export const WAYS: readonly (Pick<Setup, "mode" | "isAggregated"> & {
  readonly how: string;
  readonly isPolled: boolean;
})[] = [
  { how: "sotw, ADS", mode: "sotw", isAggregated: true, isPolled: false },
  { how: "sotw, streams of one type", mode: "sotw", isAggregated: false, isPolled: false },
  { how: "delta, ADS", mode: "delta", isAggregated: true, isPolled: false },
  { how: "delta, streams of one type", mode: "delta", isAggregated: false, isPolled: false },
  { how: "polls", mode: "sotw", isAggregated: false, isPolled: true },
];
