import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { compareJson } from "../../src/history/compare-json.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";

const routes = (domains: readonly string[], hosts: readonly object[] = []) => ({
  "@type": TYPE_URLS.routes,
  name: "web",
  virtual_hosts: [{ name: "all", domains, routes: [] }, ...hosts],
});

const secret = (key: string) => ({
  "@type": TYPE_URLS.secret,
  name: "key",
  tls_certificate: { private_key: { inline_string: key }, certificate_chain: { inline_string: "chain" } },
});

test("a difference names each field with what it was and is, and no secret", async (t) => {
  const { fairlead, put, request } = await start(t);
  const first = await put("edge", [cluster("a"), cluster("gone"), routes(["a.test", "c.test"]), secret("one")]);
  await put("other", [cluster("o")]);
  const more = { name: "more", domains: ["m.test"] };
  const second = await put(
    "edge",
    [cluster("a", "9s"), cluster("new"), routes(["a.test", "b.test", "c.test"], [more]), secret("two")],
    "?author=ana%40laptop&reason=ticket%207",
  );
  const [from, to] = [first.body.revision, second.body.revision];
  const run = (...args: string[]) => runFairlead(t, ["history", ...args, "--admin", fairlead.adminUrl]);

  const [shown, ofGroup, json, own, list, none] = await Promise.all([
    run("diff", String(from)),
    run("diff", String(from), "latest", "--group", "edge", "--type", "cds"),
    run("diff", `${to}~1`, String(to), "-o", "json"),
    run("show"),
    run("--author", "ANA", "--since", "1h"),
    run("--author", "nobody"),
  ]);
  assert.equal(
    shown.stdout + shown.stderr,
    `revision ${from} → ${to}: 2 added, 3 changed, 1 removed
group edge
  ~ cds a
      ~ connectTimeout: "5s" → "9s"
  - cds gone
  + cds new
  ~ rds web
      + virtualHosts[name=all].domains[1]: "b.test"
      + virtualHosts[name=more]: {"name":"more","domains":["m.test"]}
  ~ sds key
      (what differs is a secret, and not shown)
group other
  + cds o
`,
  );
  assert.equal(
    ofGroup.stdout,
    `revision ${from} → ${to}: 1 added, 1 changed, 1 removed
group edge
  ~ cds a
      ~ connectTimeout: "5s" → "9s"
  - cds gone
  + cds new
`,
  );
  const diff = JSON.parse(json.stdout);
  assert.deepEqual(diff.counts.resources, { added: 1, changed: 3, removed: 1 });
  assert.deepEqual(diff.differences[0].fields, [{ path: "connectTimeout", before: "5s", after: "9s" }]);
  assert.doesNotMatch(json.stdout, /"one"|"two"/);
  assert.match(own.stdout, /^revision \d+, \d+s ago, by ana@laptop \(api\): ticket 7\n\nedge \(changed\): /);
  assert.match(own.stdout, / {2}~ cds a\n {6}~ connectTimeout: "5s" → "9s"\n/);
  assert.match(
    list.stdout,
    /^REVISION.*\n\d+ +\d+s +ana@laptop +api +edge: 1 added, 3 changed, 1 removed +ticket 7\n$/,
  );
  assert.match(none.stdout, /^no revision that is remembered fits/);

  const pages: string[] = [];
  for (let after: string | undefined; ; ) {
    const query = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
    const { body } = await request("GET", `/v1/revisions/${from}/diff/latest?limit=2${query}`);
    pages.push(...body.differences.map(({ group, name }: Record<string, string>) => `${group}/${name}`));
    after = body.next;
    if (after === undefined) break;
  }
  assert.deepEqual(pages, ["edge/a", "edge/gone", "edge/new", "edge/web", "edge/key", "other/o"]);
  const [later, wrong, before] = await Promise.all([
    request("GET", `/v1/revisions/${to + 1}/diff/latest`),
    request("GET", "/v1/revisions/newest/diff/latest"),
    request("GET", "/v1/revisions/7"),
  ]);
  assert.deepEqual([later.status, later.body.code], [404, "revision-unknown"]);
  assert.deepEqual([wrong.status, wrong.body.code], [400, "request-invalid"]);
  assert.deepEqual([before.status, before.body.code], [410, "revision-forgotten"]);
});

test("items of lists are found again by name, else by what stays the same", () => {
  const paths = (before: unknown, after: unknown) =>
    compareJson(before as never, after as never).map(({ path, ...sides }) => [path, ...Object.values(sides)]);
  assert.deepEqual(paths([1, 2, 3], [0, 1, 3, 4]), [
    ["[0]", 0],
    ["[1]", 2],
    ["[3]", 4],
  ]);
  assert.deepEqual(paths({ x: [{ a: 1 }, { a: 2 }] }, { x: [{ a: 1 }, { a: 3 }] }), [["x[1].a", 2, 3]]);
  const [f, g] = [{ name: "f" }, { name: "g" }];
  assert.deepEqual(paths([f, g], [g, f]), [["[order]", ["f", "g"], ["g", "f"]]]);
  assert.deepEqual(paths({ "a.b": 1 }, { "a.b": null }), [['["a.b"]', 1, null]]);
  assert.deepEqual(paths("x", { a: 1 }), [["", "x", { a: 1 }]]);
  assert.deepEqual(paths({ a: [] }, { a: [] }), []);
});
