import {
  ECDS,
  extensionConfig,
  type ResourceJson,
  RTDS,
  runtime,
  SDS,
  SRDS,
  scopedRoutes,
  secret,
} from "./resources.ts";

/**
 * The name of a resource of each of some types that every state holds beside what a case is about. A client's first
 * request for one must be answered, and so fences off all that the server sends before that answer.
 */
export const FENCE = "conformance-fence";

/**
 * The fences, by type: none of those that clusters and listeners refer to, since some servers withhold these until all that
 * there are of a type are asked for.
 */
export const FENCES: ReadonlyMap<string, ResourceJson> = new Map([
  [SDS, secret(FENCE)],
  [RTDS, runtime(FENCE)],
  [ECDS, extensionConfig(FENCE)],
  [SRDS, scopedRoutes(FENCE)],
]);
