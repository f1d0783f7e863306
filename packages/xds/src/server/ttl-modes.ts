import type { Mode } from "../protocol/plan.ts";

/** The client takes resources that expire. */
const EXPIRES = "xds.config.supports-resource-ttl";
/** The client unwraps resources in SotW; Envoy's documentation has both spellings. */
const UNWRAPS = ["xds.config.resource-in-sotw", "xds.config.supports-resource-in-sotw"];

/**
 * The protocols over which a client that says to have these features takes a time to live (O3): in SotW it needs the
 * wrapper. To any other, resources come without.
 */
export function ttlModesOf(clientFeatures: readonly string[]): ReadonlySet<Mode> {
  if (!clientFeatures.includes(EXPIRES)) return NONE;
  return UNWRAPS.some((feature) => clientFeatures.includes(feature)) ? BOTH : DELTA;
}

const NONE: ReadonlySet<Mode> = new Set();
const DELTA: ReadonlySet<Mode> = new Set<Mode>(["delta"]);
const BOTH: ReadonlySet<Mode> = new Set<Mode>(["delta", "sotw"]);
