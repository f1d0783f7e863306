import type { Replica } from "./membership.ts";

/** The control planes that serve one store, for lists and for questions to all. */
export interface Replicas {
  /** This one. Its `adminUrl` is the configured one, or known once its admin API listens. */
  readonly self: Replica;
  /** Those beside this one that are there, as far as it knows. */
  others(): readonly Replica[];
  /** The id of who runs the sources, as far as this one knows; `undefined`: nobody at present. */
  sourcesAt(): string | undefined;
}
