import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { parse } from "yaml";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("get nodes shows who is connected, and why one rejected", async (t) => {
  const { fairlead, put, proxy, request } = await start(t);
  const get = (...args: string[]) => runFairlead(t, ["get", "nodes", ...args], { FAIRLEAD_ADMIN: fairlead.adminUrl });
  const empty = await get();
  assert.equal(empty.code, 0);
  assert.match(empty.stdout, /^no proxy is connected; `fairlead bootstrap envoy`/);

  await put("default", [cluster("a")]);
  proxy("good");
  proxy("picky\u001b[31m", () => "cluster a:\nwhat is that?");
  await until("both have answered", async () => {
    const { nodes } = (await request("GET", "/v1/nodes")).body;
    return nodes.length === 2 && nodes.every(({ state }: { state: string }) => state !== "PENDING");
  });
  const { code, stdout, stderr } = await get("--why");
  assert.equal(code, 0, stderr);
  const lines = stdout.split("\n");
  assert.match(lines[0]!, /^NODE +GROUP +STATE +TYPES +REVISION +PEER +CONNECTED/);
  assert.match(lines[1]!, /^good +default +SYNCED +cds /);
  assert.match(lines[2]!, /^picky \[31m +default +REJECTED +cds! /, "what steers a terminal is taken out");
  assert.match(stdout, /picky \[31m: rejected cds \S+, \d+s ago: cluster a: what is that\?$/m);
  assert.match(stdout, /^good: waits for nothing$/m);

  const one = JSON.parse((await get("good", "-o", "json")).stdout);
  assert.deepEqual(
    one.nodes.map(({ id, state }: Record<string, string>) => [id, state]),
    [["good", "SYNCED"]],
  );
  const nobody = await get("nobody");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /No proxy is connected as "nobody"/);
});

test("get groups, rules and resources show what there is, who defines it and what is wrong", async (t) => {
  const { fairlead, put, write, request } = await start(t, { files: { "a.yaml": fileOf(cluster("from-file")) } });
  await put("default", [cluster("from-api"), { "@type": TYPE_URLS.endpoints, cluster_name: "e" }]);
  const get = (...args: string[]) => runFairlead(t, ["get", ...args, "--admin", fairlead.adminUrl]);
  assert.match((await get("groups")).stdout, /^default +ok +\d+ +\S*cds=2\S* ?\S* +(file api|api file) +0$/m);
  assert.match((await get("rules")).stdout, /^no rules: .* from the configuration of this control plane/);
  const rules = [
    { id: ["edge-*", "e"], metadata: { team: "shop" }, group: "edge", ifExists: true },
    { group: "default" },
  ];
  await request("PUT", "/v1/rules", { rules });
  assert.match(
    (await get("rules")).stdout,
    /^RULE +NODES +GROUP\n1 +id=edge-\*\|e metadata\.team=shop +edge \(if it exists\)\n2 +all +default\n\nfrom the store, revision \d+/,
  );
  const { stdout } = await get("resources");
  assert.match(stdout, /^default +cds +from-api +\S{16} +api +\/resources\/0$/m);
  assert.match(stdout, /^default +cds +from-file +\S{16} +file +a\.yaml:\d+:\d+ /m);
  assert.match(stdout, /^default +eds +e /m);
  const yaml = parse((await get("resources", "-g", "default", "-t", "cds", "-n", "from-file", "-o", "yaml")).stdout);
  assert.equal(yaml.resources.length, 1);
  assert.equal(yaml.resources[0].resource.connectTimeout, "5s");

  write("a.yaml", "resources: [7]\n");
  await until("it is broken", async () => (await request("GET", "/v1/groups")).body.groups[0].state === "broken");
  const broken = (await get("groups")).stdout;
  assert.match(broken, /^default +broken /m);
  assert.match(broken, /^default: a\.yaml:1:\d+ /m);
});
