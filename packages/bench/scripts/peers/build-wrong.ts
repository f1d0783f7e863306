import type { Built } from "./built.ts";
import { nodePeer } from "./node-peer.ts";

/** Finds the server that is wrong on purpose. */
export function build(): Promise<Built> {
  return nodePeer("wrong");
}
