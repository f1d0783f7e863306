import { packValue } from "../messages.ts";

/**
 * Makes JSON of what a program gave.
 *
 * @param what gave it, for the error
 * @throws TypeError if it is no list, or something in it is no resource
 */
export function packResources(given: unknown, what: string): unknown[] {
  if (!Array.isArray(given)) throw new TypeError(`${what} gives ${kindOf(given)}, not a list of resources`);
  return given.map(packResource);
}

/** `a number`, `an object`, …: for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function packResource(resource: unknown, index: number): unknown {
  if (typeof resource === "object" && resource !== null && ("@type" in resource || "$typeName" in resource)) {
    return "$typeName" in resource ? packValue(resource) : plain(resource);
  }
  throw new TypeError(`resource ${index} is ${kindOf(resource)}, neither a message nor an object with "@type"`);
}

/** ProtoJSON says 64-bit integers and bytes as strings. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
