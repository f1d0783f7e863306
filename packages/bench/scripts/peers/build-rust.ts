import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce, run } from "./build-once.ts";
import type { Built } from "./built.ts";

const programs = ["tonic-peer", "floor-peer"] as const;

/** Builds the peer on tonic by the machine's own Cargo. */
export function build(): Promise<Built> {
  return buildRust("tonic-peer");
}

/** Builds the Rust programs, which share sources and so are built together; one is asked for. */
export function buildRust(program: (typeof programs)[number]): Promise<Built> {
  return buildOnce({
    name: "rust",
    source: new URL("../../peers/rust/", import.meta.url),
    make: async (source, target) => {
      // Kept between builds: a changed source compiles a program, not all that it depends on.
      const kept = fileURLToPath(new URL("../../../../.tools/peers/cargo", import.meta.url));
      await run(["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", kept], source);
      for (const built of programs) copyFileSync(join(kept, "release", built), join(target, built));
    },
    command: (target) => [join(target, program)],
  });
}
