const PREFIX = "type.googleapis.com/";

/** The type URL of a message type's full name. */
export function typeUrlOf(typeName: string): string {
  return PREFIX + typeName;
}

/** The message type's full name in a type URL: what follows the last slash. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** Type URLs of the resources that xDS serves, by what they are. */
export const TYPE_URLS = {
  cluster: typeUrlOf("envoy.config.cluster.v3.Cluster"),
  endpoints: typeUrlOf("envoy.config.endpoint.v3.ClusterLoadAssignment"),
  listener: typeUrlOf("envoy.config.listener.v3.Listener"),
  routes: typeUrlOf("envoy.config.route.v3.RouteConfiguration"),
  scopedRoutes: typeUrlOf("envoy.config.route.v3.ScopedRouteConfiguration"),
  virtualHost: typeUrlOf("envoy.config.route.v3.VirtualHost"),
  secret: typeUrlOf("envoy.extensions.transport_sockets.tls.v3.Secret"),
  extensionConfig: typeUrlOf("envoy.config.core.v3.TypedExtensionConfig"),
  runtime: typeUrlOf("envoy.service.runtime.v3.Runtime"),
  rateLimitConfig: typeUrlOf("ratelimit.config.ratelimit.v3.RateLimitConfig"),
  localityEndpoint: typeUrlOf("envoy.config.endpoint.v3.LbEndpoint"),
} as const;

/** What a resource is, in words: a key of {@link TYPE_URLS}. */
export type ResourceKind = keyof typeof TYPE_URLS;

/** The field's abbreviations: `cds`, `eds`, … */
export const TYPE_URL_BY_SHORT_NAME = {
  cds: TYPE_URLS.cluster,
  eds: TYPE_URLS.endpoints,
  lds: TYPE_URLS.listener,
  rds: TYPE_URLS.routes,
  srds: TYPE_URLS.scopedRoutes,
  vhds: TYPE_URLS.virtualHost,
  sds: TYPE_URLS.secret,
  ecds: TYPE_URLS.extensionConfig,
  rtds: TYPE_URLS.runtime,
  leds: TYPE_URLS.localityEndpoint,
} as const;

/** An abbreviation of {@link TYPE_URL_BY_SHORT_NAME}. */
export type ShortName = keyof typeof TYPE_URL_BY_SHORT_NAME;

const shortNames = new Map<string, ShortName>(
  Object.entries(TYPE_URL_BY_SHORT_NAME).map(([short, url]) => [url, short as ShortName]),
);

/** `cds` for a cluster's type URL, …; `undefined` for a type that has no abbreviation. */
export function shortNameOf(typeUrl: string): ShortName | undefined {
  return shortNames.get(typeUrl);
}

const urlByWord = new Map<string, string>([
  ...Object.entries(TYPE_URLS),
  ...Object.entries(TYPE_URL_BY_SHORT_NAME),
  ...Object.values(TYPE_URLS).map((url) => [typeNameOf(url).split(".").at(-1) ?? "", url] as const),
]).entries();
const typeUrlByWord = new Map([...urlByWord].map(([word, url]) => [word.toLowerCase(), url]));

/**
 * Reads what a person types for a type: a short name (`cds`), a word (`cluster`, `clusters`, `RouteConfiguration`), a
 * type URL or a message's full name. `undefined` when it is none of these.
 */
export function parseTypeUrl(text: string): string | undefined {
  if (text.includes("/")) return text;
  if (text.includes(".")) return typeUrlOf(text);
  const word = text.toLowerCase();
  return typeUrlByWord.get(word) ?? typeUrlByWord.get(word.replace(/s$/, ""));
}
