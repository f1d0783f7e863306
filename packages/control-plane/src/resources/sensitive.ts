import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import type { Schema } from "@fairlead/envoy-api";

/** What stands in the place of a secret, as in Envoy's own `/config_dump`. */
export const REDACTED = "[redacted]";

/** Whether a field is marked as sensitive (private keys, passwords, session tickets). */
export type IsSensitive = (field: DescField) => boolean;

/** Says of a field whether Envoy's API marks it as sensitive; `undefined`: the schema does not know of such marks. */
export function sensitiveIn(schema: Schema): IsSensitive | undefined {
  const sensitive = schema.registry.getExtension("udpa.annotations.sensitive");
  return sensitive && ((field) => hasOption(field, sensitive) && getOption(field, sensitive) === true);
}
