import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The entry points that users import, and the page of each. */
const ENTRIES = [
  { name: "@fairlead/xds", source: "packages/xds/src/index.ts", page: "xds.md" },
  { name: "@fairlead/envoy-api", source: "packages/envoy-api/src/index.ts", page: "envoy-api.md" },
  { name: "fairlead", source: "packages/control-plane/src/index.ts", page: "fairlead.md" },
  {
    name: "fairlead/resources",
    source: "packages/control-plane/src/programs/define.ts",
    page: "fairlead-resources.md",
  },
] as const;

const OPTIONS = [
  ...["--readme", "none", "--outputFileStrategy", "modules", "--hideBreadcrumbs", "--hidePageHeader"],
  ...["--hideGroupHeadings", "--disableSources", "--excludeExternals", "--excludePrivate", "--skipErrorChecking"],
  ...["--sort", "source-order", "--logLevel", "Warn"],
  ...["parameters", "propertyMembers", "interfaceProperties", "classProperties", "typeDeclaration"].flatMap((what) => [
    `--${what}Format`,
    "table",
  ]),
];

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = fileURLToPath(new URL("./node_modules", import.meta.url));

/** Makes a page of each entry point, from its TSDoc, by TypeDoc: file name in `docs/api` to text. */
export function renderApiReference(): ReadonlyMap<string, string> {
  const out = mkdtempSync(join(tmpdir(), "fairlead-api-"));
  try {
    const entries = ENTRIES.flatMap(({ source }) => ["--entryPoints", source]);
    const plugin = join(modules, "typedoc-plugin-markdown", "dist", "index.js");
    const args = ["--tsconfig", "tsconfig.json", "--plugin", plugin, "--out", out, ...entries, ...OPTIONS];
    execFileSync(join(modules, ".bin", "typedoc"), args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    return new Map(ENTRIES.map((entry) => [entry.page, pageOf(out, entry)]));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function pageOf(out: string, { name, source, page }: (typeof ENTRIES)[number]): string {
  const file = fileOf(source);
  const text = readFileSync(join(out, file), "utf8");
  const links = new Map(ENTRIES.map((entry) => [relative(dirname(file), fileOf(entry.source)), entry.page]));
  const body = text
    .replace(/^# .*\n/, "")
    .replaceAll(/\]\(([^)#\s]+\.md)(#[^)]*)?\)/g, (link, target: string, anchor = "") => {
      const found = links.get(target);
      return found === undefined ? link : `](${found === page ? "" : found}${anchor})`;
    });
  return `<!-- Made by \`npm run docs\` from the source. -->\n\n# ${name}\n${body.trimEnd()}\n`;
}

/** TypeDoc calls a module by its path below what all have in common. */
function fileOf(source: string): string {
  return source.replace("packages/", "").replace("/index.ts", ".md").replace(/\.ts$/, ".md");
}
