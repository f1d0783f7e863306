import type { ClientStatus } from "@fairlead/xds";
import { askOthers } from "../replicas/ask-others.ts";
import type { Replicas } from "../replicas/replicas.ts";
import { type AwaitedCommit, cutReception } from "./reception.ts";
import type { WaitResult } from "./schemas/reception.ts";
import { type WaitBounds, waitForAcks } from "./wait-for-acks.ts";

/** Time that a replica has to answer beyond the wait itself, ms. */
const ANSWER_MS = 2_000;

/** Whose proxies are waited for. */
export interface WaitParts {
  readonly clients: () => Iterable<ClientStatus>;
  readonly replicas: Replicas;
}

/**
 * Waits for the proxies of every replica as {@link waitForAcks} does for those of this one: each replica waits for its own. One
 * that does not answer counts as proxies that did not.
 */
export async function waitEverywhere(
  { clients, replicas }: WaitParts,
  commit: AwaitedCommit,
  bounds: WaitBounds,
): Promise<WaitResult> {
  const { timeoutMs, signal } = bounds;
  const others = replicas.others();
  const own = waitForAcks(clients, commit, bounds);
  if (others.length === 0) return await own;
  const { revision, committedAtMs } = commit;
  const body = { groups: [...commit.groups], typeUrls: [...commit.typeUrls], revision, committedAtMs, timeoutMs };
  const question = { path: "/v1/replicas/reception", body, timeoutMs: timeoutMs + ANSWER_MS, signal };
  const { answers, missing } = await askOthers<WaitResult>(others, question);
  const results = [await own, ...answers.map(({ value }) => value)];
  const reception = cutReception({
    acked: results.reduce((sum, { acked }) => sum + acked, 0),
    ackedNodes: results.flatMap(({ ackedNodes }) => ackedNodes),
    rejected: results.flatMap(({ rejected }) => rejected),
    pending: results.flatMap(({ pending }) => pending),
  });
  const isLate = missing.length > 0 || results.some(({ outcome }) => outcome === "timeout");
  return {
    outcome: isLate ? "timeout" : reception.rejected.length > 0 ? "rejected" : "acked",
    ...reception,
    gone: results.flatMap(({ gone }) => gone),
    waitedMs: Math.max(...results.map(({ waitedMs }) => waitedMs)),
    ...(missing.length > 0 && { missing: [...missing] }),
  };
}
