import type { Built } from "./built.ts";
import { nodePeer } from "./node-peer.ts";

/** Finds the peer on grpc-js. */
export function build(): Promise<Built> {
  return nodePeer("grpc-js");
}
