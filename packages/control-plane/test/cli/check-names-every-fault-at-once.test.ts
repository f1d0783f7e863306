import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runFairlead } from "../support/cli.ts";

const GOOD = `resources:
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: web
  connect_timeout: 1s
`;

/** Several kinds of fault, in three files and two groups. */
const FAULTY = {
  "a.yaml": `resources:
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: web
  conect_timeout: 1s
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: slow
  connect_timeout: 0s
- "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
  name: routes
  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - match: { prefix: "/" }
      route: { cluster: web }
    - match: { prefix: "/old" }
      route: { cluster: wob }
`,
  "edge/b.json": `{"resources": [\n`,
  "edge/c.yaml": `${GOOD}${GOOD.slice(GOOD.indexOf("- "))}`,
};

function directory(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "fairlead-check-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

test("what is well ends with 0 and says what was looked at", async (t) => {
  const root = directory(t, { "a.yaml": GOOD });
  assert.deepEqual(await runFairlead(t, ["check", root]), {
    code: 0,
    stdout: "all is well: 1 resource in 1 file, 1 group\n",
    stderr: "",
  });
  assert.equal((await runFairlead(t, ["check", root, "--quiet"])).stdout, "");
});

test("every fault is told at once, in order, with its place, pointer and rule", async (t) => {
  const root = directory(t, FAULTY);
  const { code, stdout } = await runFairlead(t, ["check", root, "--format", "json"]);
  assert.equal(code, 1);
  const { faults, summary } = JSON.parse(stdout) as { faults: Record<string, unknown>[]; summary: unknown };
  assert.deepEqual(
    faults.map(({ file, line, column, pointer, rule, severity }) => {
      return [String(file).slice(String(file).indexOf(root.split("/").at(-1)!)), line, column, pointer, rule, severity];
    }),
    [
      ["a.yaml", 4, 3, "/resources/0/conect_timeout", "json.unknown-field", "error"],
      ["a.yaml", 7, 3, "/resources/1/connect_timeout", "duration.gt", "error"],
      // `web` is faulty, but there: only `wob` leads nowhere.
      ["a.yaml", 17, 16, "/resources/2/virtual_hosts/0/routes/1/route/cluster", "reference.cluster", "warning"],
      ["edge/b.json", 2, 1, "", "json.syntax", "error"],
      ["edge/c.yaml", 5, 3, "/resources/1", "name.duplicate", "error"],
    ].map(([file, ...rest]) => [`${root.split("/").at(-1)}/${file}`, ...rest]),
  );
  assert.match(String(faults[0]!.message), /did you mean connect_timeout\?/);
  assert.deepEqual(summary, { files: 3, groups: 2, resources: 2, errors: 4, warnings: 1 });
});

test("text is file:line:column, and --quiet leaves warnings and the summary out", async (t) => {
  const root = directory(t, FAULTY);
  const { stdout } = await runFairlead(t, ["check", root]);
  assert.match(stdout, /\/a\.yaml:4:3: error: \/resources\/0\/conect_timeout: .*\(json\.unknown-field\)\n/);
  assert.match(stdout, /\/a\.yaml:17:16: warning: .*\n/);
  assert.match(stdout, /\n4 errors, 1 warning: 2 resources in 3 files, 2 groups\n$/);
  const quiet = await runFairlead(t, ["check", root, "--quiet"]);
  assert.equal(quiet.code, 1);
  assert.equal(quiet.stdout.trimEnd().split("\n").length, 4);
  assert.doesNotMatch(quiet.stdout, /warning/);
});

test("for GitHub each fault is an annotation, with paths from the workspace and what steers escaped", async (t) => {
  const root = directory(t, { "x/odd,na:me.yaml": `resources:\n- "@type": 100%\n` });
  const { stdout } = await runFairlead(t, ["check", root, "-f", "github"], { GITHUB_WORKSPACE: root });
  const [line] = stdout.split("\n");
  assert.match(
    line!,
    /^::error file=x\/odd%2Cna%3Ame\.yaml,line=2,col=3,title=json\.unknown-type::\/resources\/0\/@type: unknown type "100%25"/,
  );
});

test("a dangling reference is a warning, and fails only where that is asked for", async (t) => {
  const root = directory(t, { "a.yaml": FAULTY["a.yaml"].replace("conect", "connect").replace(": 0s", ": 1s") });
  assert.equal((await runFairlead(t, ["check", root])).code, 0);
  assert.equal((await runFairlead(t, ["check", root, "--strict"])).code, 1);
  const config = join(root, "fairlead.yaml");
  writeFileSync(config, "resources: .\nreferences: { cluster: error }\n");
  assert.equal((await runFairlead(t, ["check", "--config", config])).code, 1);
});

test("a configuration is checked too: its fields, and rules whose group there is not", async (t) => {
  const root = directory(t, { "a.yaml": GOOD, "edge/a.yaml": GOOD });
  const config = join(root, "fairlead.yaml");
  writeFileSync(config, "groups:\n- cluster: front\n  group: egde\n- id: x\n  group: 'd{node.zone}'\n");
  const { code, stdout } = await runFairlead(t, ["check", root, "--config", config]);
  assert.equal(code, 0);
  assert.match(stdout, /fairlead\.yaml:1:1: warning: \/groups: no rule chooses group edge/);
  assert.match(stdout, /fairlead\.yaml:3:3: warning: \/groups\/0\/group: no group here is called egde/);
  assert.match(stdout, /\n0 errors, 2 warnings/);
  writeFileSync(config, "reload: { polMs: 1 }\n");
  const wrong = await runFairlead(t, ["check", root, "--config", config]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /fairlead\.yaml:1:11: error: \/reload\/polMs: unknown field polMs; did you mean pollMs\?/);
});

test("nothing to check is an error of usage", async (t) => {
  const { code, stderr } = await runFairlead(t, ["check", "--config", "/dev/null"]);
  assert.equal(code, 2);
  assert.match(stderr, /name a directory/);
  assert.equal((await runFairlead(t, ["check", "/nowhere"])).code, 2);
  assert.equal((await runFairlead(t, ["check", "--format", "xml"])).code, 2);
});

test("a directory without resource files is an error, unless there are to be none", async (t) => {
  const root = directory(t, { "notes.md": "nothing for Fairlead", "fairlead.yaml": "resources: .\n" });
  const { code, stdout } = await runFairlead(t, ["check", root]);
  assert.equal(code, 1);
  assert.match(stdout, /\/fairlead-check-\w+: error: there is nothing to check: .*allowEmpty: true.* \(file\.none\)\n/);
  assert.match(stdout, /\n1 error, 0 warnings: 0 resources in 0 files, 0 groups\n$/);
  const config = join(root, "fairlead.yaml");
  writeFileSync(config, "resources: .\nallowEmpty: true\n");
  assert.equal((await runFairlead(t, ["check", "--config", config])).code, 0);
});
