// Writes the pages that are generated from the source; with --check, fails where a committed page differs, or where a
// relative link in any Markdown file leads nowhere.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderBenchMetrics, renderResultSchema } from "../packages/bench/scripts/docs-metrics.ts";
import { renderPlanSchema } from "../packages/bench/scripts/docs-plan-schema.ts";
import { renderPage as renderBenchmarks } from "../packages/bench/scripts/peers/page.ts";
import { readSummary } from "../packages/bench/src/comparison/summary.ts";
import { renderAdminApi } from "../packages/control-plane/scripts/docs-admin-api.ts";
import { renderCli } from "../packages/control-plane/scripts/docs-cli.ts";
import { renderConfiguration } from "../packages/control-plane/scripts/docs-configuration.ts";
import { renderConformanceCases } from "../packages/control-plane/scripts/docs-conformance-cases.ts";
import { renderLimits } from "../packages/xds/scripts/docs-limits.ts";
import { renderApiReference } from "./api-reference/render.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const isCheck = process.argv.includes("--check");

const apiReference = renderApiReference();
const PAGES: readonly { readonly file: string; readonly render: () => string | Promise<string> }[] = [
  { file: "docs/admin-api.md", render: renderAdminApi },
  { file: "docs/bench-metrics.md", render: renderBenchMetrics },
  { file: "docs/bench-plan.schema.json", render: renderPlanSchema },
  { file: "docs/bench-result.schema.json", render: renderResultSchema },
  {
    file: "docs/benchmarks.md",
    render: () =>
      renderBenchmarks(readSummary(readJson("docs/benchmarks/results.json"), "docs/benchmarks/results.json")),
  },
  { file: "docs/cli.md", render: renderCli },
  { file: "docs/configuration.md", render: renderConfiguration },
  { file: "docs/conformance-cases.md", render: renderConformanceCases },
  { file: "docs/limits.md", render: renderLimits },
  ...[...apiReference].map(([page, text]) => ({ file: `docs/api/${page}`, render: () => text })),
];

const faults: string[] = [];
for (const { file, render } of PAGES) {
  const path = join(root, file);
  const text = await render();
  const isCurrent = existsSync(path) && readFileSync(path, "utf8") === text;
  if (isCurrent) continue;
  if (isCheck) faults.push(`${file} is not what the source says: run \`npm run docs\``);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`written: ${file}\n`);
  }
}
faults.push(...markdownFiles().flatMap(deadLinks));
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

function markdownFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
    cwd: root,
    encoding: "utf8",
  });
  return listed.split("\n").filter((file) => file !== "" && existsSync(join(root, file)));
}

/** Relative links of a Markdown file whose target, or the heading in it, does not exist. */
function deadLinks(file: string): string[] {
  const text = withoutCode(readFileSync(join(root, file), "utf8"));
  const links = [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => target!);
  return links
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
    .flatMap((target) => {
      const [path = "", heading] = target.split("#", 2);
      const at = path === "" ? join(root, file) : join(root, dirname(file), decodeURI(path));
      if (!existsSync(at)) return [`${file}: ${target} leads nowhere`];
      if (!heading || !at.endsWith(".md") || headingsOf(at).has(heading)) return [];
      return [`${file}: ${target}: there is no such heading`];
    });
}

/** Anchors as GitHub makes them. */
function headingsOf(path: string): Set<string> {
  const text = readFileSync(path, "utf8");
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id!));
  for (const [, heading = ""] of withoutCode(text).matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const anchor = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Links and headings in code are examples. */
function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()#]/g, ""));
}
