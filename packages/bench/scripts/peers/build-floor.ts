import { buildRust } from "./build-rust.ts";
import type { Built } from "./built.ts";

/** Builds the floor, bare TCP, by the machine's own Cargo. */
export function build(): Promise<Built> {
  return buildRust("floor-peer");
}
