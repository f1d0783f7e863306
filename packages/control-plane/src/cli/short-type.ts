import { shortNameOf, typeNameOf } from "@fairlead/envoy-api";

/** `cds` and the like; the message's full name for types without such a name. */
export function shortType(typeUrl: string): string {
  return shortNameOf(typeUrl) ?? typeNameOf(typeUrl);
}
