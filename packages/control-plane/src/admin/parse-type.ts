import { parseTypeUrl, TYPE_URL_BY_SHORT_NAME } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";

/**
 * The type URL of what somebody typed for a type: `cds`, `cluster`, a message's full name or a type URL.
 *
 * @throws FairleadError `type-unknown`
 */
export function parseType(text: string): string {
  const typeUrl = parseTypeUrl(text);
  if (typeUrl !== undefined) return typeUrl;
  const known = Object.keys(TYPE_URL_BY_SHORT_NAME).join(", ");
  throw new FairleadError("type-unknown", `Unknown type ${JSON.stringify(text)}: use ${known}, or a type URL.`);
}
