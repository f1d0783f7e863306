import assert from "node:assert/strict";
import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { documentedSteps, type Step } from "../support/documented-steps.ts";
import { asNewcomer } from "../support/newcomer.ts";
import { makeScratch } from "../support/scratch.ts";
import { openTerminal } from "../support/terminal.ts";
import { requireTool } from "../support/tools.ts";
import { PREPARATIONS } from "./preparations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Pages whose commands test/clean-clone runs, in a clean clone. */
const WALKED = ["README.md", "docs/quickstart.md"];

/** Commands that are not run here, and why. */
const NOT_RUN: readonly { readonly page?: string; readonly command: RegExp; readonly why: string }[] = [
  { page: "docs/benchmarks.md", command: /^npm run bench:peers\b/, why: "10 minutes and more; it writes that page" },
  { command: /^(\S+=\S+ )?npm (test|run test)\b/, why: "they run tests, and this is one" },
  { command: /^grpcurl /, why: "not ours to install; reflection and health have tests with gRPC's own clients" },
  { command: /\.example\.com\b/, why: "there is no such host; bootstrap and watch over TLS have tests" },
  { command: /^npm (start|run pack)/, why: "test/clean-clone and test/packages run it" },
  {
    page: "docs/conformance.md",
    command: /^fairlead conformance /,
    why: "tests of conformance run it, with every driver",
  },
  {
    page: "docs/grpc-clients.md",
    command: /\.\/client$/,
    why: "it is the reader's; test/grpc has one in each language",
  },
  {
    page: "docs/operations.md",
    command: /^fairlead profile /,
    why: "packages/control-plane/test/profiles runs it, shorter",
  },
  { page: "packages/control-plane/README.md", command: / DIR\b/, why: "DIR is the reader's" },
  {
    page: "docs/conformance-go-control-plane.md",
    command: /./,
    why: "go-control-plane-fails-as-listed.test.ts runs it",
  },
];

const pages = globSync(["README.md", "docs/**/*.md", "examples/*/README.md", "packages/*/README.md"], { cwd: ROOT })
  .map((page) => page.replaceAll("\\", "/"))
  .filter((page) => !WALKED.includes(page))
  .sort();

for (const page of pages) {
  const steps = documentedSteps(page, readFileSync(join(ROOT, page), "utf8")).filter((step) => !isNotRun(step));
  if (steps.length === 0) continue;

  test(`the commands in ${page} work as they are written`, async (t) => {
    const envoy = requireTool("envoy");
    if ("skip" in envoy) return t.skip(envoy.skip);
    const scratch = makeScratch("docs");
    const cwd = join(scratch.path, "reader");
    mkdirSync(cwd);
    // What a reader has who followed the quickstart: the repository, and an Envoy.
    for (const name of ["examples", "package.json"]) cpSync(join(ROOT, name), join(cwd, name), { recursive: true });
    for (const name of ["node_modules", "packages"]) symlinkSync(join(ROOT, name), join(cwd, name));
    symlinkSync(envoy.path, join(cwd, "envoy"));
    const { PATH = "", ...rest } = asNewcomer();
    const bin = join(ROOT, "node_modules", ".bin");
    const terminal = openTerminal(cwd, scratch.path, {
      ...rest,
      PATH: [bin, dirname(envoy.path), PATH].join(delimiter),
    });
    const preparations = PREPARATIONS[page] ?? {};
    try {
      for (const step of steps) {
        const { files = {}, running = [], exitCode = 0 } = preparations[step.command.split("\n")[0]!] ?? {};
        for (const [file, text] of Object.entries(files)) {
          mkdirSync(dirname(join(cwd, file)), { recursive: true });
          writeFileSync(join(cwd, file), text);
        }
        for (const command of running) await terminal.run({ ...step, command, output: [], later: [] });
        await terminal.run(step, exitCode);
        t.diagnostic(`${step.line}: ${step.command.split("\n")[0]}`);
      }
    } finally {
      await terminal.close();
    }
    scratch.remove();
  });
}

test("what is not run is still written somewhere", () => {
  const all = pages.flatMap((page) => documentedSteps(page, readFileSync(join(ROOT, page), "utf8")));
  for (const rule of NOT_RUN)
    assert.ok(
      all.some((step) => matches(step, rule)),
      `${rule.command}: ${rule.why}`,
    );
  for (const [page, preparations] of Object.entries(PREPARATIONS)) {
    const commands = all.filter((step) => step.page === page).map(({ command }) => command.split("\n")[0]!);
    for (const command of Object.keys(preparations)) assert.ok(commands.includes(command), `${page}: ${command}`);
  }
});

function isNotRun(step: Step): boolean {
  return NOT_RUN.some((rule) => matches(step, rule));
}

function matches(step: Step, { page = step.page, command }: (typeof NOT_RUN)[number]): boolean {
  return step.page === page && command.test(step.command);
}
