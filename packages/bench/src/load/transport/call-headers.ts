import { encodeHeaders } from "@fairlead/h2";
import { formatAddress } from "../../plan/address.ts";
import type { Endpoint } from "./endpoint.ts";

const blocks = new WeakMap<Endpoint, Map<string, Uint8Array>>();

/** The encoded headers of a call: the same bytes on every connection to the endpoint, so made once. */
export function callHeaders(endpoint: Endpoint, path: string): Uint8Array {
  let byPath = blocks.get(endpoint);
  if (byPath === undefined) {
    byPath = new Map();
    blocks.set(endpoint, byPath);
  }
  let block = byPath.get(path);
  if (block === undefined) {
    block = encodeHeaders([
      [":method", "POST"],
      [":scheme", endpoint.tls === undefined ? "http" : "https"],
      [":path", path],
      [":authority", endpoint.authority ?? formatAddress(endpoint)],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", "fairlead-bench"],
    ]);
    byPath.set(path, block);
  }
  return block;
}
