import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream } from "@fairlead/xds";
import { formatHostPort } from "../../src/config/config.ts";
import { runFairlead } from "../support/cli.ts";
import { type RunningFairlead, start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

/** A control plane with one file of its own, and a directory with files to apply. */
async function prepare(t: TestContext) {
  const running = await start(t, { files: { "served.yaml": fileOf(cluster("served")) } });
  const dir = mkdtempSync(join(tmpdir(), "fairlead-apply-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const run = (...args: string[]) => runFairlead(t, [...args, "--admin", running.fairlead.adminUrl]);
  return { running, write, run };
}

const names = async ({ request }: RunningFairlead, group = "default") => {
  const { body } = await request("GET", `/v1/groups/${group}/resources`);
  return body.resources?.map(({ name }: { name: string }) => name);
};

test("apply shows the difference and makes it; diff says by its exit code whether there is one", async (t) => {
  const { running, write, run } = await prepare(t);
  const file = write("a.yaml", fileOf(cluster("a"), cluster("b")));
  const dry = await run("apply", file, "--dry-run");
  assert.deepEqual([dry.code, dry.stderr], [0, ""]);
  assert.match(dry.stdout, /default: 2 added\n {2}\+ cds a\n {6}name: a\n/);
  assert.match(dry.stdout, /nothing was changed/);
  assert.equal((await run("diff", file)).code, 1);
  assert.deepEqual(await names(running), ["served"]);

  const applied = await run("apply", file, "--reason", "ticket 7");
  assert.deepEqual([applied.code, applied.stderr], [0, ""]);
  assert.match(applied.stdout, /revision \d+ is made: 2 added/);
  assert.deepEqual(await names(running), ["a", "b", "served"]);
  const { revisions } = (await running.request("GET", "/v1/revisions?limit=1")).body;
  assert.equal(revisions[0].reason, "ticket 7");

  const same = await run("diff", file);
  assert.deepEqual([same.code, same.stdout], [0, "default: nothing differs\n"]);
  assert.match((await run("apply", file)).stdout, /nothing was changed/);

  write("a.yaml", fileOf(cluster("a", "8s")));
  const changed = await run("diff", file);
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /1 changed\n {2}~ cds a\n/);
  assert.match(changed.stdout, / {4}- connectTimeout: 5s\n {4}\+ connectTimeout: 8s\n/);
  const pruned = await run("apply", file, "--prune", "-o", "json");
  assert.equal(pruned.code, 0);
  const json = JSON.parse(pruned.stdout);
  assert.deepEqual(json.counts, { added: 0, changed: 1, removed: 1 });
  assert.deepEqual(await names(running), ["a", "served"], "what the served directory defines stays");
});

test("every fault is told with file, line and column, and nothing is changed", async (t) => {
  const { running, write, run } = await prepare(t);
  const good = write("good.yaml", fileOf(cluster("good")));
  const bad = write(
    "bad.yaml",
    [
      "resources:",
      '- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster',
      "  name: x",
      "  conect_timeout: 1s",
      "---",
      '"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster',
      "name: y",
      "lb_policy: NONSENSE",
      "",
    ].join("\n"),
  );
  const taken = write("taken.yaml", `\n\n${fileOf(cluster("served"))}`);
  const refused = await run("apply", good, bad);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: 2 faults, nothing was changed \(resources-invalid\):/);
  assert.match(refused.stderr, /bad\.yaml:4:3: \/resources\/0\/conect_timeout: .*did you mean connect_timeout/);
  assert.match(refused.stderr, /bad\.yaml:8:1: \/lb_policy: /);
  const conflict = await run("apply", good, taken);
  assert.equal(conflict.code, 1);
  assert.match(conflict.stderr, /taken\.yaml:5:3: \/resources\/0: .*by file at served\.yaml/);
  const misshapen = await run("apply", good, write("odd.yaml", "resource: []\n"));
  assert.equal(misshapen.code, 1);
  assert.match(misshapen.stderr, /odd\.yaml:1:1: \/resource: unknown field resource; did you mean resources\?/);
  for (const [args, expected] of [
    [[join("nowhere", "x.yaml")], /x\.yaml: ENOENT/],
    [[join(good, "..")], /is a directory: name its files/],
    [[good, "--timeout", "soon"], /--timeout soon: expected a duration/],
  ] as const) {
    const { code, stderr } = await run("apply", ...args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
  const trouble = await run("diff", bad);
  assert.equal(trouble.code, 2, "1 would say: different");
  assert.equal((await runFairlead(t, ["diff", good, "--admin", "127.0.0.1:1"])).code, 2);
  assert.deepEqual(await names(running), ["served"]);
});

test("a proxy that leaves before it answers is no proxy that took the change", async (t) => {
  const { running, write, run } = await prepare(t);
  const target = formatHostPort(running.fairlead.xdsAddress);
  const silent = openRawStream({ target, mode: "sotw", node: { id: "crashes" } });
  t.after(() => silent.close());
  silent.subscribe(TYPE_URLS.cluster);
  silent.ack(await silent.next());
  const applying = run("apply", write("a.yaml", fileOf(cluster("deadly"))), "--wait", "--timeout", "5s");
  await silent.next();
  await until("apply has seen it pending", async () => {
    const { body } = await running.request("GET", "/metrics");
    return /fairlead_admin_requests_total\{[^}]*route="\/v1\/revisions\/:revision"[^}]*\} [1-9]/.test(body);
  });
  silent.close();
  const { code, stderr } = await applying;
  assert.equal(code, 1);
  assert.match(stderr, /crashes left before it answered, and is not back/);
});

test("a file in TypeScript is run, and what it does wrong is told", async (t) => {
  const { running, write, run } = await prepare(t);
  const program = (name: string) => `export default ({ group }: { group: string }) => [
    { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: \`${name}-\${group}\` },
  ];\n`;
  const applied = await run("apply", write("a.ts", program("made-for")), "--group", "g");
  assert.equal(applied.code, 0, applied.stderr);
  assert.deepEqual(await names(running, "g"), ["made-for-g"]);
  const broken = await run("apply", write("b.ts", 'throw new Error("not today");\n'));
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /b\.ts:1:\d+: .*not today/);
});

test("a group that somebody changes between difference and change is left alone", async (t) => {
  const { running, write, run } = await prepare(t);
  const file = write("a.yaml", fileOf(cluster("a", "1s")));
  await running.put("default", [cluster("a", "2s")]);
  let isOver = false;
  let turn = 0;
  const writers = (async () => {
    while (!isOver) await running.put("default", [cluster("a", `${++turn + 2}s`)]);
  })();
  const { code, stderr } = await run("apply", file);
  isOver = true;
  await writers;
  assert.equal(code, 1);
  assert.match(stderr, /somebody else changed group default meanwhile: it was at revision \d+ .*, and is at \d+ now/);
  assert.match(stderr, /run the command again/);
});

test("with --wait it says who accepted, and fails with the words of who rejected or the wait of who is late", async (t) => {
  const { running, write, run } = await prepare(t);
  const file = write("a.yaml", fileOf(cluster("a")));
  const alone = await run("apply", file, "--wait");
  assert.deepEqual([alone.code, /no proxy is connected/.test(alone.stdout)], [0, true]);
  const isBad = ({ name }: { name: string }) => name === "bad";
  running.proxy("content");
  running.proxy("picky", ({ resources }) => (resources.some(isBad) ? "no, thank you" : undefined));
  await until("both hold it", async () => {
    const { reception } = (await running.request("GET", "/v1/groups/default")).body;
    return reception.acked === 2;
  });
  write("a.yaml", fileOf(cluster("a", "8s")));
  const accepted = await run("apply", file, "--wait");
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(accepted.stdout, /accepted by (content, picky|picky, content)\n/);
  assert.equal((await run("apply", file, "--wait")).code, 0, "unchanged, and all have it");
  const bad = write("bad.yaml", fileOf(cluster("bad")));
  const rejected = await run("apply", bad, "--wait");
  assert.equal(rejected.code, 1);
  assert.match(
    rejected.stderr,
    /rejected by picky:\n {2}picky \(127\.0\.0\.1:\d+\) cds( bad)?: no, thank you\n {2}accepted by content/,
  );
  const again = await run("apply", bad, "--wait");
  assert.equal(again.code, 1, "unchanged, and still rejected");
});

test("a group that there is not is made, and said to be new, with the one that may be meant", async (t) => {
  const { running, write, run } = await prepare(t);
  const file = write("a.yaml", fileOf(cluster("a")));
  await running.put("edge", [cluster("b")]);
  const told = /^new group: there is no group egde yet, and the change makes it; did you mean edge\?\negde: 1 added\n/;
  const dry = await run("apply", file, "-g", "egde", "--dry-run");
  assert.deepEqual([dry.code, await names(running, "egde")], [0, undefined]);
  assert.match(dry.stdout, told);
  assert.match((await run("diff", file, "-g", "egde")).stdout, told);
  assert.equal(JSON.parse((await run("diff", file, "-g", "egde", "-o", "json")).stdout).isNewGroup, true);

  const applied = await run("apply", file, "-g", "egde");
  assert.equal(applied.code, 0);
  assert.match(applied.stdout, told);
  assert.deepEqual(await names(running, "egde"), ["a"]);
  const json = await run("apply", file, "-g", "edge", "-o", "json");
  assert.equal(JSON.parse(json.stdout).isNewGroup, false);
  assert.doesNotMatch((await run("diff", file, "-g", "edge")).stdout, /new group/);
});
