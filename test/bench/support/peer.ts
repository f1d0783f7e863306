import { type RunningPeer, startPeer } from "../../../packages/bench/test/support/running-peer.ts";

/** Resources of one endpoint that a peer of these tests serves: what is sent is small, what is waited for is not. */
export const RESOURCES = 5;

/** A peer under test, and the flags with which `fairlead bench run` loads and changes it. */
export interface PeerUnderTest extends RunningPeer {
  readonly flags: readonly string[];
}

/** Starts a peer of `packages/bench/peers` with a small workload. */
export async function startSmallPeer(command: readonly string[], args: readonly string[] = []): Promise<PeerUnderTest> {
  const peer = await startPeer(command, ["--resources", String(RESOURCES), "--endpoints", "1", ...args]);
  return { ...peer, flags: ["--target", peer.xds, ...workloadOf(peer.control)] };
}

/** Flags for that workload, changed by a peer's control port. */
export function workloadOf(control: string): readonly string[] {
  const change = `POST ${control}/change?sequence={sequence}&resource={indices}`;
  return ["--resources", String(RESOURCES), "--endpoints", "1", "--http-change", change];
}
