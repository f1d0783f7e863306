import type { Built } from "./built.ts";
import { nodePeer } from "./node-peer.ts";

/** Finds the peer on bare `node:http2`. */
export function build(): Promise<Built> {
  return nodePeer("http2");
}
