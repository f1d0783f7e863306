import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { withoutTestContext } from "../../../../test/support/child.ts";

/** A peer that runs, and its control. */
export interface RunningPeer {
  /** Where it serves xDS: `host:port`. */
  readonly xds: string;
  /** Where it takes changes: `http://host:port`. */
  readonly control: string;
  /** Makes a change: `POST /change?<query>`. */
  readonly change: (query: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly state: () => Promise<unknown>;
  /** Closes its standard input, which ends it. @returns its exit code */
  readonly end: () => Promise<number | null>;
}

/** Starts a peer, and waits until it says its ports. It dies with this process at the latest. */
export async function startPeer(command: readonly string[], args: readonly string[]): Promise<RunningPeer> {
  const [program, ...rest] = [...command, ...args];
  const child = spawn(program!, rest, { env: withoutTestContext(), stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  // Whichever comes first: a program that ends says nothing.
  const said = await Promise.race([once(createInterface(child.stdout), "line"), exited]);
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode} before it was ready`);
  }
  const { xds, control } = JSON.parse(said[0] as string) as { readonly xds: number; readonly control: number };
  const url = `http://127.0.0.1:${control}`;
  return {
    xds: `127.0.0.1:${xds}`,
    control: url,
    change: async (query) => {
      const response = await fetch(`${url}/change?${query}`, { method: "POST" });
      return { status: response.status, text: await response.text() };
    },
    state: async () => (await fetch(`${url}/state`)).json(),
    end: async () => {
      child.stdin.end();
      await exited;
      return child.exitCode;
    },
  };
}
