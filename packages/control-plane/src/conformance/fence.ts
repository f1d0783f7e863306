import {
  ECDS,
  EDS,
  endpoints,
  extensionConfig,
  RDS,
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

/** The fences, by type. */
export const FENCES: ReadonlyMap<string, ResourceJson> = new Map([
  [SDS, secret(FENCE)],
  [RTDS, runtime(FENCE)],
  [ECDS, extensionConfig(FENCE)],
  [SRDS, scopedRoutes(FENCE)],
  [RDS, { "@type": RDS, name: FENCE }],
  [EDS, endpoints(FENCE)],
]);
