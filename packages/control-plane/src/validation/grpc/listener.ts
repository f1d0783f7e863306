import type { Findings } from "./fault.ts";
import { checkHttpFilters, type Side } from "./http-filters.ts";
import { type Json, listIn, messageIn, typeIn } from "./json.ts";
import { checkRoutes } from "./routes.ts";
import { checkServerTls } from "./tls.ts";

const MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A listener of clients has an `api_listener` (gRFC A27), one of servers an address and filter chains (A36). */
export function checkListener(findings: Findings, listener: Json): void {
  if (listener.apiListener !== undefined) {
    const manager = messageIn(messageIn(listener, "apiListener"), "apiListener");
    const at = "/apiListener/apiListener";
    if (typeIn(manager) === MANAGER) checkManager(findings, manager, at, "client");
    else findings.refused("api-listener", at, `an api_listener holds an ${MANAGER}`, "A27");
    return;
  }
  const chains = [
    ...listIn(listener, "filterChains", ""),
    ...(listener.defaultFilterChain === undefined
      ? []
      : [[messageIn(listener, "defaultFilterChain"), "/defaultFilterChain"] as const]),
  ];
  if (chains.length === 0) {
    findings.refused("api-listener", "", "there is neither an api_listener, for clients, nor a filter chain", "A27");
    return;
  }
  findings.ignored(
    "api-listener",
    "",
    "gRPC clients get nothing from a listener without api_listener; servers do",
    "A27",
  );
  if (listener.listenerFilters !== undefined)
    findings.refused("listener-filters", "/listenerFilters", "gRPC servers know no listener filters", "A36");
  if (listener.useOriginalDst === true)
    findings.refused("use-original-dst", "/useOriginalDst", "gRPC servers know no original destination", "A36");
  for (const [chain, at] of chains) checkChain(findings, chain, at);
}

function checkChain(findings: Findings, chain: Json, pointer: string): void {
  const filters = listIn(chain, "filters", pointer);
  const [first] = filters;
  const manager = messageIn(first?.[0] ?? {}, "typedConfig");
  if (filters.length !== 1 || typeIn(manager) !== MANAGER) {
    findings.refused(
      "filter-chain",
      pointer,
      `a filter chain of gRPC servers holds just one filter: ${MANAGER}`,
      "A36",
    );
  } else checkManager(findings, manager, `${first![1]}/typedConfig`, "server");
  if (chain.transportSocket !== undefined)
    checkServerTls(findings, messageIn(chain, "transportSocket"), `${pointer}/transportSocket`);
}

function checkManager(findings: Findings, manager: Json, pointer: string, side: Side): void {
  checkHttpFilters(findings, manager, pointer, side);
  if (manager.xffNumTrustedHops !== undefined)
    findings.refused("xff", `${pointer}/xffNumTrustedHops`, "gRPC knows no trusted hops", "A41", ["go", "java", "cpp"]);
  if (manager.originalIpDetectionExtensions !== undefined) {
    const at = `${pointer}/originalIpDetectionExtensions`;
    findings.refused("original-ip", at, "gRPC knows no detection of the original address", "A41", [
      "go",
      "java",
      "cpp",
    ]);
  }
  const routes = messageIn(manager, "routeConfig");
  if (manager.rds !== undefined) {
    const source = messageIn(messageIn(manager, "rds"), "configSource");
    if (!isOverAds(source)) {
      const at = `${pointer}/rds/configSource`;
      findings.refused("config-source", at, "routes come over the same stream: write `ads: {}` or `self: {}`", "A27");
    }
  } else if (manager.routeConfig !== undefined) checkRoutes(findings, routes, `${pointer}/routeConfig`);
  else findings.refused("route-specifier", pointer, "gRPC takes routes by rds or route_config, not scoped ones", "A27");
}

/** Whether a `ConfigSource` is the stream that the client has anyway. */
export function isOverAds(source: Json): boolean {
  return source.ads !== undefined || source.self !== undefined;
}
