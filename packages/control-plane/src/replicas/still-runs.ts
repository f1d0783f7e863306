import { hostname } from "node:os";
import type { ReplicaList } from "../admin/schemas/replicas.ts";
import { isLoopback } from "../config/host-port.ts";
import { ask } from "./ask-others.ts";
import type { Replica } from "./membership.ts";

/** How long its answer is waited for, ms. */
const ASK_MS = 2_000;

/** Asks a replica that is listed whether its process still runs. `undefined`: that cannot be said from here. */
export async function stillRuns(replica: Replica, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    const question = { path: "/v1/replicas?local=true", timeoutMs: ASK_MS, signal };
    const { replicas } = await ask<ReplicaList>(replica, question);
    if (replicas[0]?.process === replica.process) return true;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    if (cause?.code !== "ECONNREFUSED") return undefined;
  }
  // Of another machine's loopback nothing is known here.
  const host = new URL(replica.adminUrl).hostname.replace(/^\[|\]$/g, "");
  return isLoopback(host) && hostOf(replica) !== hostname() ? undefined : false;
}

/** Names this process, as {@link Replica.process} does: `HOST/PID/RANDOM`. */
export function nameProcess(random: string): string {
  return `${hostname()}/${process.pid}/${random}`;
}

function hostOf(replica: Replica): string | undefined {
  return replica.process?.split("/")[0];
}
