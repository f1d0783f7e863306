import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { runFairlead, fairlead as startCommand } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("get revisions lists what changed, and shows one with how proxies took it; get events what happened", async (t) => {
  const { fairlead, put, proxy, request } = await start(t, { config: { groups: [{ group: "g" }] } });
  const get = (...args: string[]) => runFairlead(t, ["get", ...args, "--admin", fairlead.adminUrl]);
  assert.match((await get("revisions")).stdout, /^no revision is remembered/);
  await put("g", [cluster("a")], "?reason=the%20first&author=ana%40laptop");
  proxy("picky", ({ resources }) => resources.find(({ name }) => name === "bad") && "no, thank you");
  await until("it holds it", async () => (await request("GET", "/v1/groups/g")).body.reception.acked === 1);
  const { revision } = (await put("g", [cluster("bad")])).body;
  await until("it has rejected", async () => {
    return (await request("GET", "/v1/groups/g")).body.reception.rejected.length === 1;
  });
  const listed = (await get("revisions")).stdout.split("\n");
  assert.match(listed[0]!, /^REVISION +AGE +BY +SOURCE +GROUPS +REASON$/);
  assert.match(listed[1]!, new RegExp(`^${revision} +\\d+s +api +api +g: 1 added, 1 removed$`));
  assert.match(listed[2]!, /ana@laptop +api +g: created, 1 added +the first$/);
  assert.match((await get("revisions", "-o", "wide")).stdout, /cds\/a cds\/bad/);
  const one = await get("revisions", String(revision));
  assert.match(
    one.stdout,
    /g \(changed\): 1 added, 1 removed\n {2}- cds a\n {2}\+ cds bad\n {2}accepted by 0 proxies\n/,
  );
  assert.match(one.stdout, / {2}picky: rejected cds( bad)?: no, thank you/);
  assert.equal(parse((await get("revisions", "-o", "yaml")).stdout).revisions.length, 2);
  const [none, wrong] = await Promise.all([get("revisions", "7"), get("revisions", "seven")]);
  assert.deepEqual([none.code, wrong.code], [1, 2]);

  const events = await get("events");
  assert.equal(events.code, 0);
  assert.match(events.stdout, /revision \d+ by ana@laptop \(api\): g: the first\n/);
  assert.match(events.stdout, /connected picky \(g\) from 127\.0\.0\.1/);
  assert.match(events.stdout, /NACK picky \(g\) cds \S+: no, thank you\n$/);

  const follow = startCommand(t, [
    ...["get", "events", "--follow", "--types", "revision", "-o", "json", "--admin", fairlead.adminUrl],
  ]);
  await follow.prints(/"event":"start"/);
  await put("g", [cluster("b")], "?reason=while%20followed");
  await follow.prints(/"event":"revision",.*"reason":"while followed"/);
  const bad = await get("events", "--types", "nonsense");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^error: --types: expected some of revision, converged/);
});

test("-o wide shows more; colours are for terminals, NO_COLOR and FORCE_COLOR say otherwise", async (t) => {
  const { fairlead, put, proxy, request } = await start(t);
  await put("default", [cluster("a")]);
  proxy("picky", () => "never");
  await until("it has rejected", async () => {
    const { nodes } = (await request("GET", "/v1/nodes?state=REJECTED")).body;
    return nodes.length === 1;
  });
  const get = (args: string[], env: Record<string, string> = {}) => {
    return runFairlead(t, ["get", ...args, "--admin", fairlead.adminUrl], env);
  };
  const narrow = await get(["nodes"], { NO_COLOR: "" });
  assert.doesNotMatch(narrow.stdout, /STREAMS|ACKED/);
  assert.ok(!narrow.stdout.includes("\u001b"), "it is no terminal");
  const wide = await get(["nodes", "-o", "wide"]);
  assert.match(wide.stdout, /^NODE +GROUP +STATE +TYPES +ACKED +REVISION +PEER +CONNECTED +STREAMS +CLIENT/);
  assert.match((await get(["groups", "-o", "wide"])).stdout, /VERSIONS.*\n.*cds=\S{16}/);
  assert.match((await get(["resources", "-o", "wide"])).stdout, /BYTES/);
  const forced = await get(["nodes"], { NO_COLOR: "", FORCE_COLOR: "1" });
  assert.ok(forced.stdout.includes("\u001b[31mpicky: rejected"), "it is as if it were one");
});
