import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { stopChild, withoutTestContext } from "./child.ts";

/** `http` answers requests, `tcp` echoes lines, `authz` is an HTTP authorization server that allows everything. */
export type BackendKind = "http" | "tcp" | "authz";

/** How many backends of each kind, and how slow `http` and `tcp` ones are. */
export interface BackendsPlan extends Readonly<Record<BackendKind, number>> {
  /** Each answer comes after 0 to this many milliseconds, evenly spread. */
  readonly maxDelayMs: number;
  readonly seed: number;
  /** Their ids count from it. */
  readonly firstId: number;
}

/** One upstream server: what it answers with, and where it listens on 127.0.0.1. */
export interface Backend {
  readonly id: string;
  readonly port: number;
}

/** The upstream servers of a test. */
export interface Backends {
  /** The backend of that number, counted around: 4 is 0 when there are four. */
  pick(kind: BackendKind, number: number): Backend;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts upstream servers in a process of their own. */
export async function startBackends(plan: Partial<BackendsPlan> = {}): Promise<Backends> {
  const full: BackendsPlan = { http: 6, tcp: 4, authz: 4, maxDelayMs: 500, seed: 1, firstId: 0, ...plan };
  const program = fileURLToPath(new URL("backends.main.ts", import.meta.url));
  const child = fork(program, [JSON.stringify(full)], { env: withoutTestContext(), execArgv: [] });
  const [message] = (await once(child, "message")) as [{ ports: Record<BackendKind, number[]> }];
  return {
    pick: (kind, number) => {
      const index = number % full[kind];
      return { id: `${kind}-${full.firstId + index}`, port: message.ports[kind][index]! };
    },
    stop: (signal) => stopChild(child, signal),
  };
}
