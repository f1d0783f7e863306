import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as envoyApi from "@fairlead/envoy-api";
import * as xds from "@fairlead/xds";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = globSync(["README.md", "docs/*.md", "packages/*/README.md"], { cwd: root }).sort();

/** What pages may take for given: they show parts of a program. */
const GIVEN = `
declare const cache: import("@fairlead/xds").SnapshotCache;
declare const schema: import("@fairlead/envoy-api").Schema;
declare const server: import("@fairlead/xds").XdsServer;
declare const resource: import("@fairlead/xds").Resource;
declare const clusterJson: unknown;
declare const client: import("@fairlead/xds").XdsClient;
`;

const EXPORTS = [
  { from: "@fairlead/envoy-api", names: Object.keys(envoyApi) },
  { from: "@fairlead/xds", names: Object.keys(xds) },
];

interface Example {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

// Each block of TypeScript in a page is a module. Imports that it leaves out are added, as are the names that pages take for given.
// A block marked `typescript` needs what its reader has generated (`schema types` has a test of its own).
test("the TypeScript in the documentation compiles", () => {
  const examples = pages.flatMap((page) => examplesIn(page, readFileSync(join(root, page), "utf8")));
  assert.ok(examples.length > 10, "pages show code");
  mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, "node_modules", ".cache", "fairlead-docs-"));
  try {
    for (const { page, line, code } of examples) {
      writeFileSync(join(folder, `${page.replaceAll(/[/.]/g, "_")}_${line}.ts`), moduleOf(code));
    }
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: [join(folder, "*.ts")] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const printed = run(process.execPath, [tsc, "-p", join(folder, "tsconfig.json"), "--noEmit"]);
    assert.equal(printed, "", "what the compiler says; the number in a file's name is the line of its page");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function examplesIn(page: string, text: string): Example[] {
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => {
    return { page, line: text.slice(0, match.index).split("\n").length + 1, code: match[1]! };
  });
}

function moduleOf(code: string): string {
  const imports = EXPORTS.map(({ from, names }) => {
    const missing = names.filter((name) => new RegExp(`\\b${name}\\b`).test(code) && !isDeclared(name, code));
    return missing.length > 0 ? `import { ${missing.join(", ")} } from "${from}";\n` : "";
  });
  const given = GIVEN.trim()
    .split("\n")
    .filter((line) => !isDeclared(/const (\w+):/.exec(line)![1]!, code));
  return `${imports.join("")}${given.join("\n")}\n${code}\nexport {};\n`;
}

/** Whether the code declares or imports the name itself. */
function isDeclared(name: string, code: string): boolean {
  return new RegExp(`(?:const|let|function|class) (?:\\{[^}]*)?\\b${name}\\b|import [^;]*\\b${name}\\b`).test(code);
}

function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, [...args], { cwd: root, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
