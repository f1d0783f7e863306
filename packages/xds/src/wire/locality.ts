import type { NodeIdentity } from "../server/source.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";

const REGION = tagOf(1, WIRE.bytes);
const ZONE = tagOf(2, WIRE.bytes);
const SUB_ZONE = tagOf(3, WIRE.bytes);

/**
 * Reads a `Locality`: `envoy.config.core.v3` has it, and others with the same fields. What is not said is empty.
 *
 * @throws WireError
 */
export function readLocality(message: Uint8Array | WireReader): NodeIdentity["locality"] {
  const reader = message instanceof WireReader ? message : new WireReader(message);
  let region = "";
  let zone = "";
  let subZone = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === REGION) region = reader.string();
    else if (tag === ZONE) zone = reader.string();
    else if (tag === SUB_ZONE) subZone = reader.string();
    else reader.skip(tag);
  }
  return { region, zone, subZone };
}
