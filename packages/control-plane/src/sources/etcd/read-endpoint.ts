import { isIP } from "node:net";
import { parseHostPort } from "../../config/host-port.ts";
import type { FoundEndpoint } from "../dns/lookup.ts";

/**
 * Reads what a key says of an instance: `10.0.0.1:8080`, `{"address": "10.0.0.1", "port": 8080, "weight": 10}`, or
 * `{"Addr": "10.0.0.1:8080"}` as etcd's own naming for gRPC writes it. A text is what is wrong with it.
 */
export function readEndpoint(text: string): FoundEndpoint | string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return endpointAt(trimmed, 1);
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(trimmed) as Record<string, unknown>;
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
  const { Addr, address, port, weight = 1 } = json;
  const isWeight = typeof weight === "number" && Number.isInteger(weight) && weight >= 1 && weight <= 2 ** 32 - 1;
  if (!isWeight) return `weight must be a whole number from 1 on, and is ${JSON.stringify(weight)}`;
  if (typeof Addr === "string") return endpointAt(Addr, weight);
  if (typeof address !== "string" || typeof port !== "number") {
    return `expected HOST:PORT, {"address", "port"} or {"Addr"}, and found fields ${Object.keys(json).join(", ") || "none"}`;
  }
  return endpointAt(address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`, weight);
}

function endpointAt(text: string, weight: number): FoundEndpoint | string {
  const found = parseHostPort(text);
  if (!found || isIP(found.host) === 0 || found.port === 0 || text.startsWith(":")) {
    return `${JSON.stringify(text.slice(0, 100))} is not ADDRESS:PORT; the address must be one of IP, since Envoy resolves none here`;
  }
  return { address: found.host, port: found.port, priority: 0, weight };
}
