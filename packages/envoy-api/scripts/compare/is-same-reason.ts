import type { OurVerdict } from "./our-verdict.ts";

/**
 * True unless Envoy names the field of a broken rule and we name others only. (It stops at the first broken rule, we
 * name all; a fault in the JSON keeps us from looking at rules.)
 */
export function isSameReason(ours: OurVerdict, envoy: string): boolean {
  const field = fieldIn(envoy);
  if (field === undefined || ours.violations.length === 0) return true;
  return ours.violations.some((it) => plain(it.member.slice(it.member.lastIndexOf(".") + 1)) === plain(field));
}

/** The field or `oneof` at the end of `… | caused by ClusterValidationError.Name: value length must be …`. */
function fieldIn(envoy: string): string | undefined {
  if (!envoy.startsWith("Proto constraint validation failed")) return undefined;
  const oneof = /field: "(\w+)", reason: is required/.exec(envoy);
  if (oneof !== null) return oneof[1];
  return [...envoy.matchAll(/ValidationError\.(\w+?)(?:\[[^\]]*\])?: (?!embedded)/g)].at(-1)?.[1];
}

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
