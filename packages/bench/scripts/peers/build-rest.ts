import type { Built } from "./built.ts";
import { nodePeer } from "./node-peer.ts";

/** Finds the peer on REST. */
export function build(): Promise<Built> {
  return nodePeer("rest");
}
