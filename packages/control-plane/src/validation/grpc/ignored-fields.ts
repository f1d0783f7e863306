import type { Findings } from "./fault.ts";
import type { Json } from "./json.ts";

/** Fields that gRPC does not know, each with what to do instead, `""` where there is nothing. */
export type IgnoredFields = Readonly<Record<string, string>>;

/** Tells of the fields that are set and passed over. */
export function tellIgnored(
  findings: Findings,
  json: Json,
  pointer: string,
  fields: IgnoredFields,
  proposal: string,
): void {
  for (const [field, instead] of Object.entries(fields)) {
    if (json[field] === undefined) continue;
    findings.ignored(
      "field",
      `${pointer}/${field}`,
      `gRPC passes over this field${instead && `: ${instead}`}`,
      proposal,
    );
  }
}
