import { join } from "node:path";
import { buildOnce, run } from "./build-once.ts";
import type { Built } from "./built.ts";

/** Builds the peer on go-control-plane by the machine's own Go. */
export function build(): Promise<Built> {
  const program = "fairlead-bench-go";
  return buildOnce({
    name: "go",
    source: new URL("../../peers/go/", import.meta.url),
    make: async (source, target) => {
      // A Go that is older than go.mod asks for fetches a newer one, or says what it misses.
      await run(["go", "build", "-trimpath", "-o", join(target, program), "."], source);
    },
    command: (target) => [join(target, program)],
  });
}
