import { fileURLToPath } from "node:url";
import { run } from "./build-once.ts";
import type { Built } from "./built.ts";

/** A peer that is TypeScript, which Node runs as it is: `npm ci` was its build. */
export async function nodePeer(folder: "grpc-js" | "http2" | "rest" | "wrong"): Promise<Built> {
  const program = fileURLToPath(new URL(`../../peers/${folder}/main.ts`, import.meta.url));
  const command = [process.execPath, program];
  try {
    return { kind: "built", command, version: (await run([...command, "--version"])).trim() };
  } catch (error) {
    return { kind: "left-out", reason: error instanceof Error ? error.message : String(error) };
  }
}
