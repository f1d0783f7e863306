import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { type RunningFairlead, start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";

const patch = ({ request }: RunningFairlead, body: unknown, query = "") =>
  request("PATCH", `/v1/groups/default/resources${query}`, body);

const names = async ({ request }: RunningFairlead) => {
  const { body } = await request("GET", "/v1/groups/default/resources");
  return body.resources.map(({ name }: { name: string }) => name);
};

test("a PATCH adds, replaces and removes what it names, and nothing else", async (t) => {
  const running = await start(t, { files: { "a.yaml": fileOf(cluster("from-file")) } });
  const first = await patch(running, { upsert: [cluster("a"), cluster("b"), cluster("c")] });
  assert.deepEqual(first.body.counts, { added: 3, changed: 0, removed: 0 });
  const second = await patch(running, {
    upsert: [cluster("b", "9s"), cluster("d"), cluster("c")],
    remove: [
      { type: "cds", name: "a" },
      { type: TYPE_URLS.cluster, name: "never-there" },
    ],
  });
  assert.equal(second.status, 200);
  assert.deepEqual(second.body.counts, { added: 1, changed: 1, removed: 1 });
  assert.deepEqual(await names(running), ["b", "c", "d", "from-file"]);
  const same = await patch(running, { upsert: [cluster("d")], remove: [{ type: "cds", name: "a" }] });
  assert.equal(same.body.changed, false);
  assert.equal(same.body.revision, second.body.revision);
});

test("of a PATCH that is wrong in one place nothing is done", async (t) => {
  const running = await start(t, { files: { "a.yaml": fileOf(cluster("from-file")) } });
  await patch(running, { upsert: [cluster("a")] });
  const cases: [body: unknown, status: number, code: string, faults: [string, string][]][] = [
    [
      { upsert: [cluster("b"), { "@type": TYPE_URLS.cluster, name: "x", conect_timeout: "1s" }] },
      400,
      "resources-invalid",
      [["json.unknown-field", "/upsert/1/conect_timeout"]],
    ],
    [
      { upsert: [cluster("a", "2s")], remove: [{ type: "cds", name: "a" }] },
      400,
      "resources-invalid",
      [["name.duplicate", "/remove/0"]],
    ],
    [
      { upsert: [cluster("b")], remove: [{ type: "cds", name: "from-file" }] },
      409,
      "name-taken",
      [["name.taken", "/remove/0"]],
    ],
    [{ upsert: [cluster("from-file")] }, 409, "name-taken", [["name.taken", "/upsert/0"]]],
    [{ remove: [{ type: "nonsense", name: "a" }] }, 400, "type-unknown", []],
    [{ upserts: [] }, 400, "request-invalid", [["request.unrecognized-keys", ""]]],
  ];
  for (const [body, status, code, faults] of cases) {
    const answer = await patch(running, body);
    assert.equal(answer.status, status, code);
    assert.equal(answer.body.code, code);
    const found = (answer.body.faults ?? []).map((fault: { rule: string; pointer: string }) => [
      fault.rule,
      fault.pointer,
    ]);
    assert.deepEqual(found, faults);
  }
  assert.deepEqual(await names(running), ["a", "from-file"]);
});

test("a PATCH empties no group by accident", async (t) => {
  const running = await start(t);
  await patch(running, { upsert: [cluster("a")] });
  const remove = [{ type: "cds", name: "a" }];
  assert.equal((await patch(running, { remove })).body.code, "group-emptied");
  assert.equal((await patch(running, { remove }, "?allowEmpty=true")).status, 200);
});

test("a name that is removed twice counts once", async (t) => {
  const running = await start(t);
  await patch(running, { upsert: [cluster("a"), cluster("b")] });
  const twice = { type: "cds", name: "a" };
  assert.equal((await patch(running, { remove: [twice, { ...twice }] })).status, 200);
  assert.deepEqual(await names(running), ["b"]);
});

test("a dry run answers with the difference in full, without secrets, and changes nothing", async (t) => {
  const running = await start(t);
  const secret = (key: string) => {
    return { "@type": TYPE_URLS.secret, name: "s", tls_certificate: { private_key: { inline_string: key } } };
  };
  const first = await patch(running, { upsert: [cluster("a"), cluster("b"), secret("one")] });
  const body = { upsert: [cluster("a", "7s"), cluster("c"), secret("two")], remove: [{ type: "cds", name: "b" }] };
  const dry = await patch(running, body, "?dryRun=true");
  assert.equal(dry.body.revision, first.body.revision);
  assert.equal(dry.headers.get("etag"), `"${first.body.revision}"`);
  const shown = dry.body.diff.map((it: Record<string, { connectTimeout?: string }>) => [
    it.kind,
    it.name,
    it.before?.connectTimeout,
    it.after?.connectTimeout,
  ]);
  assert.deepEqual(shown, [
    ["changed", "a", "5s", "7s"],
    ["removed", "b", "5s", undefined],
    ["added", "c", undefined, "5s"],
    ["changed", "s", undefined, undefined],
  ]);
  assert.match(JSON.stringify(dry.body.diff[3]), /redacted/);
  assert.doesNotMatch(JSON.stringify(dry.body.diff), /"(one|two)"/);
  assert.deepEqual(await names(running), ["a", "b", "s"]);
  const done = await patch(running, body);
  assert.equal(done.body.diff, undefined);
  assert.deepEqual(done.body.counts, dry.body.counts);
});
