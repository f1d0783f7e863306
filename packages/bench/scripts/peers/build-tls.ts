import type { Built } from "./built.ts";
import { nodePeer } from "./node-peer.ts";

/** Finds the peer on bare `node:tls`. */
export function build(): Promise<Built> {
  return nodePeer("tls");
}
