import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { documentedSteps, type Step } from "../support/documented-steps.ts";
import { asNewcomer } from "../support/newcomer.ts";
import { makeScratch } from "../support/scratch.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { requireTool } from "../support/tools.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the pages say, and what is not to be run: tests within tests. */
const stepsOf = (page: string) =>
  documentedSteps(page, readFileSync(join(ROOT, page), "utf8")).filter(({ command }) => command !== "npm test");

// The first ten minutes of a newcomer: every command of the README and of the quickstart, as it is written, in a clean clone,
// with the machine's own Node and npm and a real Envoy; and what the pages say that they print.
test("the README and the quickstart work as they are written, in a clean clone", async (t) => {
  const envoy = requireTool("envoy");
  if ("skip" in envoy) return t.skip(envoy.skip);
  await assertFree(18_000, 18_001, 10_000);
  const scratch = makeScratch("clone");
  const clone = join(scratch.path, "fairlead");
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ROOT, clone], { stdio: ["ignore", "ignore", "inherit"] });
  const { PATH = "", ...rest } = asNewcomer();
  const env = { ...rest, PATH: `${dirname(envoy.path)}${delimiter}${PATH}` };

  await walk(t, "README.md", {
    terminal: openTerminal(clone, scratch.path, env),
    clone,
    edits: { "npx fairlead watch --node demo": edit("routes.yaml", "Hello from Fairlead.", "Hello from an edit.") },
  });
  execFileSync("git", ["-C", clone, "checkout", "--quiet", "."]);
  await walk(t, "docs/quickstart.md", {
    terminal: openTerminal(clone, scratch.path, env),
    clone,
    edits: {
      "Swap a cluster, and see it wait": [
        ...edit("clusters.yaml", "name: greeter", "name: greeter-v2"),
        ...edit("routes.yaml", "cluster: greeter", "cluster: greeter-v2"),
      ],
      "Make a mistake": [
        ...edit("endpoints.yaml", "cluster_name: greeter", "cluster_name: greeter-v2"),
        ...edit("routes.yaml", "prefix:", "prefx:"),
      ],
      "Be rejected": [...edit("routes.yaml", "prefx:", "prefix:"), ...edit("routes.yaml", '["*"]', '["*", "*"]')],
      "Use the admin API": edit("routes.yaml", '["*", "*"]', '["*"]'),
    },
  });
  scratch.remove();
});

interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

interface Walk {
  readonly terminal: Terminal;
  readonly clone: string;
  /** What the reader does by hand: before the first command under a heading, or after a command that goes on. */
  readonly edits: Readonly<Record<string, readonly Edit[]>>;
}

async function walk(t: TestContext, page: string, { terminal, clone, edits }: Walk): Promise<void> {
  const left = new Map(Object.entries(edits));
  const apply = (key: string) => {
    for (const { file, from, to } of left.get(key) ?? []) {
      const path = join(clone, "examples", "quickstart", file);
      const text = readFileSync(path, "utf8");
      assert.ok(text.includes(from), `${file} says ${from}`);
      writeFileSync(path, text.replace(from, to));
    }
    left.delete(key);
  };
  const steps: readonly Step[] = stepsOf(page);
  assert.ok(steps.length >= 6, `${page} has commands`);
  try {
    for (const step of steps) {
      apply(step.heading);
      const startedAt = performance.now();
      await terminal.run(step);
      if (step.later.length > 0) {
        apply(step.command);
        await terminal.later(step);
      }
      t.diagnostic(
        `${page}:${step.line}: ${step.command.split("\n")[0]}: ${Math.round(performance.now() - startedAt)} ms`,
      );
    }
    assert.deepEqual([...left.keys()], [], "every edit was made");
  } finally {
    await terminal.close();
  }
}

function edit(file: string, from: string, to: string): Edit[] {
  return [{ file, from, to }];
}

/** The pages name these ports. */
async function assertFree(...ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const isTaken = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => socket.destroy());
      socket.once("connect", () => socket.destroy());
    });
    assert.ok(!isTaken, `something listens on port ${port}, which the pages use: end it, and test again`);
  }
}
