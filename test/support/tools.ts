import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A program that `scripts/test-tools.ts` fetches. */
export type ToolName =
  | "envoy"
  | "go-control-plane"
  | "grpc-go-client"
  | "grpcurl"
  | "grpc-java-client"
  | "chromium"
  | "etcd"
  | "h2load"
  | "h2spec"
  | "nghttp"
  | "pprof"
  | "tonic-client";

/** Where a tool is, or why a test that needs it must be skipped. */
export type Tool = { readonly path: string } | { readonly skip: string };

/**
 * Finds a tool in `.tools/bin`.
 *
 * Use: `const envoy = requireTool("envoy"); if ("skip" in envoy) return t.skip(envoy.skip);`
 * @throws under `CI=true` when the tool is missing: a skipped test proves nothing.
 */
export function requireTool(name: ToolName): Tool {
  const path = fileURLToPath(new URL(`../../.tools/bin/${name}`, import.meta.url));
  if (existsSync(path)) return { path };
  return without(`${name} is missing: ${readReason(name)}`);
}

/**
 * What a test is that can't run here: skipped for this reason.
 * @throws under `CI=true`: a skipped test proves nothing.
 */
export function without(reason: string): { readonly skip: string } {
  if (process.env.CI === "true") throw new Error(reason);
  return { skip: reason };
}

function readReason(name: ToolName): string {
  const file = new URL("../../.tools/missing.json", import.meta.url);
  if (!existsSync(file)) return "run `npm run test:tools` first";
  const reasons = JSON.parse(readFileSync(file, "utf8")) as Partial<Record<ToolName, string>>;
  return reasons[name] ?? "run `npm run test:tools` again";
}
