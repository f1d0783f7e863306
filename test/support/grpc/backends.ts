import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { stopChild, withoutTestContext } from "../child.ts";

/** gRPC servers of a test; each answers with its name, `b0`, `b1`, … */
export interface GrpcBackends {
  /** Ports on 127.0.0.1 by number. */
  readonly ports: readonly number[];
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts gRPC servers in a process of their own; their names count from `first`. */
export async function startGrpcBackends(count: number, first = 0): Promise<GrpcBackends> {
  const program = fileURLToPath(new URL("backends.main.ts", import.meta.url));
  const child = fork(program, [String(count), String(first)], { env: withoutTestContext(), execArgv: [] });
  const [ports] = (await once(child, "message")) as [number[]];
  return { ports, stop: (signal) => stopChild(child, signal) };
}
