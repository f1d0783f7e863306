import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("revisions are listed newest first, with owner, reason, labels, and what they did", async (t) => {
  const { request, put, write } = await start(t, { files: { "a.yaml": fileOf(cluster("f")) } });
  await put("g", [cluster("a"), cluster("b")]);
  const versions = { [TYPE_URLS.cluster]: "commit-7" };
  const body = { resources: [cluster("b", "9s"), cluster("c")], versions };
  const changed = await request("PUT", "/v1/groups/g/resources?reason=because&author=ana", body);
  await request("DELETE", "/v1/groups/g/resources");
  write("a.yaml", fileOf(cluster("f", "9s")));
  await until("the file is taken up", async () => (await request("GET", "/v1/revisions")).body.revisions.length === 5);
  const { revisions, revision, next } = (await request("GET", "/v1/revisions")).body;
  assert.equal(next, undefined);
  assert.equal(revision, revisions[0].revision);
  const told = revisions.map(
    (it: { owners: string[]; author?: string; reason?: string; groups: { change: string; counts: object }[] }) => [
      it.owners.join(),
      it.author,
      it.reason,
      it.groups[0]?.change,
      Object.values(it.groups[0]!.counts).join(),
    ],
  );
  assert.deepEqual(told, [
    ["file", "file", undefined, "changed", "0,1,0"],
    ["api", undefined, undefined, "deleted", "0,0,2"],
    ["api", "ana", "because", "changed", "1,1,1"],
    ["api", undefined, undefined, "created", "2,0,0"],
    ["file", "file", undefined, "created", "1,0,0"],
  ]);
  assert.deepEqual(revisions[2].groups[0].versions, versions);
  assert.deepEqual(
    revisions[2].groups[0].resources.map(({ kind, name }: Record<string, string>) => `${kind} ${name}`),
    ["removed a", "changed b", "added c"],
  );
  assert.equal(revisions[2].revision, changed.body.revision);

  const ofGroup = await request("GET", "/v1/revisions?group=g&limit=2");
  assert.deepEqual(
    ofGroup.body.revisions.map((it: { revision: number }) => it.revision),
    [revisions[1].revision, revisions[2].revision],
  );
  const rest = await request("GET", `/v1/revisions?group=g&limit=2&before=${ofGroup.body.next}`);
  assert.deepEqual([rest.body.revisions.length, rest.body.next], [1, undefined]);
});

test("an author or a reason that could steer a terminal, or is too long, is refused", async (t) => {
  const { request, put } = await start(t);
  for (const query of [
    "?author=a%0Ab",
    "?reason=%1b[31mred",
    `?author=${"a".repeat(129)}`,
    `?reason=${"a".repeat(257)}`,
  ]) {
    const { status, body } = await put("g", [cluster("a")], query);
    assert.deepEqual([status, body.code], [400, "request-invalid"], query);
    assert.match(body.detail, /^The request's query: (author|reason): (holds control characters|Too big)/);
  }
  assert.equal((await request("GET", "/v1/revisions")).body.revisions.length, 0);
});

test("history is bounded, and names are", async (t) => {
  const { request, put } = await start(t, { config: { admin: { maxRevisions: 3 } } });
  const first = await put("g", [cluster("a")]);
  for (const timeout of ["1s", "2s", "3s"]) {
    const many = Array.from({ length: 150 }, (_, i) => cluster(`c${i}`, timeout));
    await put("g", many);
  }
  const { revisions } = (await request("GET", "/v1/revisions")).body;
  assert.equal(revisions.length, 3);
  assert.deepEqual(revisions[0].groups[0].counts, { added: 0, changed: 150, removed: 0 });
  assert.equal(revisions[0].groups[0].resources.length, 100);
  const forgotten = await request("GET", `/v1/revisions/${first.body.revision}`);
  assert.deepEqual([forgotten.status, forgotten.body.code], [404, "revision-unknown"]);
});

test("a revision, and a group, show who took it, who rejected it, and who is late", async (t) => {
  const { request, put, proxy } = await start(t, { config: { groups: [{ group: "g" }] } });
  await put("g", [cluster("a")]);
  proxy("content");
  proxy("picky", ({ resources }) => resources.find(({ name }) => name === "bad") && "no, thank you");
  await until("both hold it", async () => (await request("GET", "/v1/groups/g")).body.reception.acked === 2);
  const { revision } = (await put("g", [cluster("bad")])).body;
  await until("both have answered", async () => {
    const { reception } = (await request("GET", `/v1/revisions/${revision}`)).body;
    return reception.g.pending.length === 0;
  });
  const { body } = await request("GET", `/v1/revisions/${revision}`);
  assert.equal(body.groups[0].group, "g");
  assert.deepEqual(body.reception.g.ackedNodes, ["content"]);
  const [rejected] = body.reception.g.rejected;
  assert.deepEqual([rejected.node, rejected.message], ["picky", "no, thank you"]);
  const group = await request("GET", "/v1/groups/g");
  assert.deepEqual(group.body.reception, body.reception.g);
  assert.deepEqual([group.body.group, group.body.revision, group.body.nodes], ["g", revision, 2]);
  assert.equal((await request("GET", "/v1/groups/none")).body.code, "group-unknown");
});
