import { pathToFileURL } from "node:url";
import { type LoadedFile, type ProgramAnswer, type ProgramTask, packValue } from "../messages.ts";
import { faultOf } from "./fault-of.ts";

/** Loads a program and asks it for its resources. */
export async function readFile(
  { file, group }: ProgramTask,
  loaded: ReadonlyMap<string, LoadedFile>,
): Promise<ProgramAnswer> {
  try {
    const module = (await import(pathToFileURL(file).href)) as {
      readonly default?: unknown;
    };
    const { default: given = [] } = module;
    const resources: unknown = await (typeof given === "function" ? given({ group }) : given);
    if (!Array.isArray(resources))
      throw new TypeError(`${what(given)} gives ${kindOf(resources)}, not a list of resources`);
    const packed = resources.map((resource, index) => packResource(resource, index));
    return { kind: "resources", resources: packed, loaded: [...loaded.values()] };
  } catch (error) {
    return { kind: "fault", fault: faultOf(error), loaded: [...loaded.values()] };
  }
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

function what(given: unknown): string {
  return typeof given === "function" ? "the function that is exported as default" : "the default export";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
