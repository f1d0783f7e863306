import { fileURLToPath } from "node:url";
import { run } from "./build-once.ts";
import type { Built } from "./built.ts";

const cache = fileURLToPath(new URL("../../../../.tools/peers/node", import.meta.url));

/**
 * Node with what it made of a program before: a server that is measured does not hold the 36 MB of Node's reader of TypeScript, nor
 * would it as a published package, which is JavaScript.
 */
export const NODE = ["env", `NODE_COMPILE_CACHE=${cache}`, process.execPath] as const;

/** A peer that is TypeScript, which Node runs as it is: `npm ci` was its build, and asking for its version fills the cache. */
export async function nodePeer(folder: "grpc-js" | "http2" | "rest" | "tls" | "wrong"): Promise<Built> {
  const program = fileURLToPath(new URL(`../../peers/${folder}/main.ts`, import.meta.url));
  const command = [...NODE, program];
  try {
    return { kind: "built", command, version: (await run([...command, "--version"])).trim() };
  } catch (error) {
    return { kind: "left-out", reason: error instanceof Error ? error.message : String(error) };
  }
}
