import type { Findings, GrpcImplementation } from "./fault.ts";
import { filterTypeIn, type Json, listIn, messageIn, textIn } from "./json.ts";

/** The side on which HTTP filters run: in clients (`api_listener`) or in servers. */
export type Side = "client" | "server";

const FILTERS = "envoy.extensions.filters.http";
const ROUTER = `${FILTERS}.router.v3.Router`;

/** Which HTTP filters gRPC has, on which side, in whom, without an environment variable. */
const KNOWN: ReadonlyMap<string, Readonly<Record<Side, readonly GrpcImplementation[]>>> = new Map([
  [ROUTER, { client: ["go", "java", "node", "cpp"], server: ["go", "java", "node", "cpp"] }],
  [`${FILTERS}.fault.v3.HTTPFault`, { client: ["go", "java", "node", "cpp"], server: [] }],
  [`${FILTERS}.rbac.v3.RBAC`, { client: [], server: ["go", "java", "cpp"] }],
  [`${FILTERS}.stateful_session.v3.StatefulSession`, { client: ["cpp"], server: [] }],
  [`${FILTERS}.gcp_authn.v3.GcpAuthnFilterConfig`, { client: ["java", "cpp"], server: [] }],
]);

/** The filters of an HTTP connection manager: known ones, each name once, the router last (gRFC A39). */
export function checkHttpFilters(findings: Findings, manager: Json, pointer: string, side: Side): void {
  const filters = listIn(manager, "httpFilters", pointer);
  if (filters.length === 0) {
    findings.refused("router", pointer, `there is no HTTP filter: ${ROUTER} must be the last`, "A39", NOT_NODE);
  }
  const names = new Set<string>();
  for (const [index, [filter, at]] of filters.entries()) {
    const name = textIn(filter, "name");
    if (names.has(name)) findings.refused("filter-name", at, `the HTTP filter ${name} is there twice`, "A39");
    names.add(name);
    const type = filterTypeIn(messageIn(filter, "typedConfig"));
    const isLast = index === filters.length - 1;
    if (type === ROUTER && !isLast) findings.refused("router", at, "the router must be the last HTTP filter", "A39");
    if (type !== ROUTER && isLast) findings.refused("router", at, `the last HTTP filter must be ${ROUTER}`, "A39");
    checkFilter(findings, filter, type, at, side);
  }
}

const NOT_NODE: readonly GrpcImplementation[] = ["go", "java", "cpp"];

function checkFilter(findings: Findings, filter: Json, type: string, pointer: string, side: Side): void {
  const knowing = KNOWN.get(type)?.[side] ?? [];
  const lacking = (["go", "java", "node", "cpp"] as const).filter((client) => !knowing.includes(client));
  if (lacking.length === 0) return;
  const what = type === "" ? `the HTTP filter ${textIn(filter, "name")} has no typed_config` : `gRPC has no ${type}`;
  if (filter.isOptional === true) findings.ignored("filter", pointer, `${what} on the ${side}'s side`, "A39", lacking);
  else
    findings.refused(
      "filter",
      pointer,
      `${what} on the ${side}'s side: set is_optional, or give gRPC a listener without it`,
      "A39",
      lacking,
    );
}
