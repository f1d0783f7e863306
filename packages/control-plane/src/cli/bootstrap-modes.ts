/** How Envoy talks to its control plane: one aggregated stream or one per type, State of the World or delta; or by polls. */
export const BOOTSTRAP_MODES = ["ads", "ads-delta", "per-type", "per-type-delta", "rest"] as const;
/** One of {@link BOOTSTRAP_MODES}. */
export type BootstrapMode = (typeof BOOTSTRAP_MODES)[number];
