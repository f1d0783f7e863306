import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { changesTowards } from "../../src/history/changes-towards.ts";
import { createStore } from "../../src/store/create-store.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster, entry, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("what the API manages is as it was, under its versions; what files define stays and is told", async (t) => {
  const { request, put, write } = await start(t, { files: { "g/f.yaml": fileOf(cluster("f")) } });
  const resources = async (group: string) => {
    const { body } = await request("GET", `/v1/groups/${group}/resources`);
    return body.resources?.map(({ name, version }: Record<string, string>) => `${name} ${version}`);
  };
  const label = (version: string) => ({ versions: { [TYPE_URLS.cluster]: version } });
  const first = await request("PUT", "/v1/groups/g/resources", {
    resources: [cluster("a"), cluster("b")],
    ...label("v1"),
  });
  const then = await resources("g");
  await request("PUT", "/v1/groups/g/resources", { resources: [cluster("a", "9s"), cluster("c")], ...label("v2") });
  await put("h", [cluster("h")]);
  const to = first.body.revision;
  const path = `/v1/revisions/${to}/rollback`;

  const planned = (await request("POST", `${path}?dryRun=true`)).body;
  assert.deepEqual(planned.counts, {
    resources: { added: 1, changed: 1, removed: 2 },
    documents: { added: 0, changed: 0, removed: 0 },
    versions: 1,
  });
  assert.deepEqual(planned.differences[0].fields, [{ path: "connectTimeout", before: "9s", after: "5s" }]);
  assert.notDeepEqual(await resources("g"), then, "it was a dry run");
  const onlyG = (await request("POST", `${path}?dryRun=true&group=g`)).body;
  assert.deepEqual([onlyG.groups, onlyG.counts.resources.removed], [["g"], 1]);

  await put("h", [cluster("h", "9s")]);
  const stale = await request("POST", `${path}?plan=${planned.plan}`);
  assert.deepEqual([stale.status, stale.body.code], [412, "precondition-failed"], "somebody wrote meanwhile");

  const { plan } = (await request("POST", `${path}?dryRun=true`)).body;
  const done = await request("POST", `${path}?plan=${plan}&author=ana`);
  assert.deepEqual([done.status, done.body.changed, done.body.left], [200, true, []]);
  assert.deepEqual(await resources("g"), then);
  assert.equal(await resources("h"), undefined);
  const { versions } = (await request("GET", "/v1/groups/g")).body;
  assert.equal(versions[TYPE_URLS.cluster], "v1");
  const [newest] = (await request("GET", "/v1/revisions?limit=1")).body.revisions;
  assert.deepEqual([newest.revision, newest.author, newest.reason], [done.body.revision, "ana", `rollback to ${to}`]);
  assert.equal((await request("POST", path)).body.changed, false, "all is as it was");

  write("g/f.yaml", fileOf(cluster("f", "9s"), cluster("new")));
  await until("the file is taken up", async () => (await resources("g")).length === 4);
  const { left } = (await request("POST", path)).body;
  assert.deepEqual(
    left.map(({ owner, count }: { owner: string; count: number }) => `${owner} ${count}`),
    ["file 2", "api 1"],
    "the file's clusters, and the version that named all of them",
  );
  assert.deepEqual(
    left[0].names.map(({ kind, name }: Record<string, string>) => `${name} ${kind}`),
    ["f changed", "new added"],
  );

  await request("PUT", "/v1/groups/g/resources", { resources: [cluster("a")] });
  write("g/f.yaml", fileOf(cluster("f"), cluster("b")));
  await until("the file has the name", async () => (await resources("g")).some((one: string) => one.startsWith("b ")));
  const before = await resources("g");
  const taken = await request("POST", path);
  assert.deepEqual([taken.status, taken.body.code], [409, "name-taken"]);
  assert.deepEqual(await resources("g"), before, "all or nothing");
  const [unknown, forgotten, group] = await Promise.all([
    request("POST", "/v1/revisions/9999999999999999/rollback"),
    request("POST", "/v1/revisions/7/rollback"),
    request("POST", `${path}?group=none`),
  ]);
  assert.deepEqual([unknown.status, unknown.body.code], [404, "revision-unknown"]);
  assert.deepEqual([forgotten.status, forgotten.body.code], [410, "revision-forgotten"]);
  assert.ok(forgotten.body.oldest > 7);
  assert.equal(group.body.code, "group-unknown");
});

test("fairlead rollback shows what it changes, makes it, and waits for proxies", async (t) => {
  const { fairlead, put, proxy, request } = await start(t);
  await put("default", [cluster("a")]);
  await put("default", [cluster("b")]);
  proxy("p");
  await until("it holds it", async () => (await request("GET", "/v1/groups/default")).body.reception.acked === 1);
  const run = (...args: string[]) => runFairlead(t, ["rollback", ...args, "--admin", fairlead.adminUrl]);
  const done = await run("~1", "--wait", "-m", "b is broken", "--author", "ana");
  assert.match(
    done.stdout,
    /^to revision \d+: 1 added, 1 removed\ngroup default\n {2}\+ cds a\n {2}- cds b\nrevision \d+ is made: as at \d+, 1 added, 1 removed\ndefault: accepted by p\n$/,
    done.stderr,
  );
  const [{ author, reason }] = (await request("GET", "/v1/revisions")).body.revisions;
  assert.deepEqual([author, reason], ["ana", "b is broken"]);
  const again = await run("~2");
  assert.deepEqual([again.code, again.stdout.split("\n")[1]], [0, "nothing was changed"]);
  assert.equal((await run("nonsense")).code, 2);
});

test("documents that people write go back; instances, sources and adoptions do not", async () => {
  const store = createStore();
  const put = (key: string, value: string | undefined) => ({ kind: "document", key, value }) as const;
  const update = (name: string) =>
    ({ kind: "update", group: "g", owner: "api", upsert: [entry("api", name)], remove: [] }) as const;
  await store.commit([put("services/s", "1"), put("templates/g", "1"), put("instances/s/i", "1"), update("a")]);
  const then = store.state();
  await store.commit([put("services/s", "2"), put("templates/g", undefined), put("instances/s/i", "2")]);
  await store.commit([put("sources/x", "1"), put("adoptions/r", "1"), put("services/t", "1"), update("b")]);
  const now = store.state();
  const back = (group: string | undefined) =>
    changesTowards(now, then, { owner: "api", group, derive: undefined }).map((change) =>
      change.kind === "document" ? `${change.key}=${JSON.stringify(change.value)}` : `${change.kind} ${change.group}`,
    );
  assert.deepEqual(back(undefined).sort(), ['services/s="1"', "services/t={}", 'templates/g="1"', "update g"]);
  assert.deepEqual(back("g").sort(), ['templates/g="1"', "update g"]);
  assert.deepEqual(changesTowards(now, now, { owner: "api", group: undefined, derive: undefined }), []);
  await store.close();
});
