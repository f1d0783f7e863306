import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool } from "../../../../test/support/tools.ts";
import { runFairlead } from "../support/cli.ts";
import { setOf } from "../support/types.ts";

const nodeModules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

function scratch(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "fairlead-schema-"));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

test("a real Envoy is compared with the built-in schema, as text and JSON, and the exit code tells what breaks", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const args = ["schema", "diff", "default", tool.path];
  const text = await runFairlead(t, [...args, "--only", "envoy.config.route.v3.*", "envoy.config.cluster.v3.*"]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^\+ message envoy\.config\.route\.v3\.\w+/m);
  assert.match(
    text.stdout,
    /^\+ field envoy\.config\.route\.v3\.DirectResponseAction\.body_format: envoy\.config\.core\.v3\.SubstitutionFormatString$/m,
  );
  assert.match(text.stdout, /^~ field .*Route\.per_request_buffer_limit_bytes: deprecated false → true$/m);
  assert.match(
    text.stdout,
    /^~ field .*Cluster\.health_checks: rules none → \{"repeated":\{"max_items":"8"\}\} \(breaking\)$/m,
  );
  assert.match(text.stdout, /\n\d+ added, \d+ removed, \d+ changed; \d+ of them breaking\n$/);

  const json = await runFairlead(t, [...args, "--breaking", "--format", "json", "--only", "envoy.config.cluster.v3.*"]);
  assert.equal(json.code, 1);
  const [change, ...others] = JSON.parse(json.stdout).changes;
  assert.deepEqual(
    [change.name, change.property, others],
    ["envoy.config.cluster.v3.Cluster.health_checks", "rules", []],
  );

  const same = await runFairlead(t, ["schema", "diff", tool.path, tool.path, "--breaking"]);
  assert.deepEqual(same, { code: 0, stdout: "no difference\n", stderr: "" });
  const wrong = await runFairlead(t, ["schema", "diff", "default", join(scratch(t), "none")]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /cannot compare: .*none cannot be read/);
});

test("TypeScript generated for a real Envoy compiles, is erasable, and runs", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const root = scratch(t);
  const types = join(root, "types");
  const generated = await runFairlead(t, ["schema", "types", tool.path, "-o", types]);
  assert.equal(generated.code, 0, generated.stderr);
  assert.match(generated.stdout, /types: 4\d\d files; they need @bufbuild\/protobuf 2\./);

  symlinkSync(nodeModules, join(root, "node_modules"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(root, "main.ts"),
    `import { create, toJsonString } from "@bufbuild/protobuf";
import { type DirectResponseAction, DirectResponseActionSchema } from "./types/envoy/config/route/v3/route_components_pb.ts";
const action: DirectResponseAction = create(DirectResponseActionSchema, { status: 200, bodyFormat: { contentType: "text/x" } });
console.log(toJsonString(DirectResponseActionSchema, action));
`,
  );
  const compilerOptions = {
    ...{ target: "es2023", module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ erasableSyntaxOnly: true, verbatimModuleSyntax: true, allowImportingTsExtensions: true },
  };
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["main.ts", "types"] }));
  writeFileSync(join(root, "console.d.ts"), "declare const console: { log(text: string): void };\n");
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const compiled = spawnSync(process.execPath, [tsc, "-p", root, "--noEmit"], { encoding: "utf8", cwd: root });
  assert.equal(compiled.stdout, "");
  assert.equal(compiled.status, 0);
  const ran = spawnSync(process.execPath, [join(root, "main.ts")], { encoding: "utf8", cwd: root });
  assert.equal(ran.stdout, '{"status":200,"bodyFormat":{"contentType":"text/x"}}\n', ran.stderr);
});

test("only what is wanted is generated, never over other files or outside of the directory", async (t) => {
  const root = scratch(t);
  const types = join(root, "types");
  const args = ["schema", "types", "default", "-o", types, "--only", "envoy/type/v3/percent.proto", "--target", "js"];
  const first = await runFairlead(t, args);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /types: 8 files/); // it imports three others; each is JavaScript with declarations
  const again = await runFairlead(t, args);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is not empty: .* --force/);
  const nothing = await runFairlead(t, ["schema", "types", "default", "-o", join(root, "x"), "--only", "none/*"]);
  assert.equal(nothing.code, 2);

  const evil = join(root, "evil.binpb");
  writeFileSync(evil, setOf({ name: "../../evil.proto", messageType: [{ name: "Evil" }] }));
  const outside = await runFairlead(t, ["schema", "types", evil, "-o", join(root, "a/b"), "--only", "*"]);
  assert.equal(outside.code, 2);
  assert.match(outside.stderr, /would lie outside|cannot generate types/);
});
