import { TYPE_URLS } from "@fairlead/envoy-api";

/**
 * When the server may send a change of a type on its own accord (protocol.md, "Make before break"): `make` at once,
 * `switch` when the clusters it may refer to are confirmed.
 */
export type Tier = "make" | "switch";

/** How the protocol treats one resource type. */
export interface TypeTraits {
  readonly tier: Tier;
  /** In SotW a response is the whole subscribed state, and absence deletes (W2). */
  readonly isFullState: boolean;
  /** No names at all, ever, means `*` (W6, D5). */
  readonly hasLegacyWildcard: boolean;
  /** What is dropped is kept until nothing can refer to it any more (O1.3). */
  readonly isRetained: boolean;
  /** Position in one client's turn: what is referred to goes before what refers to it. */
  readonly order: number;
}

const TRAITS: ReadonlyMap<string, TypeTraits> = new Map<string, TypeTraits>([
  [TYPE_URLS.secret, traits("make", 0, { isRetained: true })],
  [TYPE_URLS.cluster, traits("make", 1, { isFullState: true, hasLegacyWildcard: true, isRetained: true })],
  [TYPE_URLS.endpoints, traits("make", 2, { isRetained: true })],
  [TYPE_URLS.localityEndpoint, traits("make", 3, { isRetained: true })],
  [TYPE_URLS.runtime, traits("make", 4, {})],
  // Envoy's rate limit service names none, ever, and takes each response for all there is.
  [TYPE_URLS.rateLimitConfig, traits("make", 4, { isFullState: true, hasLegacyWildcard: true })],
  [TYPE_URLS.extensionConfig, traits("switch", 6, { isRetained: true })],
  [TYPE_URLS.listener, traits("switch", 7, { isFullState: true, hasLegacyWildcard: true })],
  [TYPE_URLS.scopedRoutes, traits("switch", 8, { isFullState: true, hasLegacyWildcard: true })],
  [TYPE_URLS.routes, traits("switch", 9, { isRetained: true })],
  [TYPE_URLS.virtualHost, traits("switch", 10, { hasLegacyWildcard: true })],
]);

/** Types known only by the registry (S4). */
const OTHER = traits("make", 5, { hasLegacyWildcard: true });

/** The traits of a type; those of an S4 type for any that is not built in. */
export function traitsOf(typeUrl: string): TypeTraits {
  return TRAITS.get(typeUrl) ?? OTHER;
}

function traits(tier: Tier, order: number, differing: Partial<TypeTraits>): TypeTraits {
  return { tier, order, isFullState: false, hasLegacyWildcard: false, isRetained: false, ...differing };
}
