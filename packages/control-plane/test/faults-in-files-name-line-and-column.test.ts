import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Fault } from "../src/validation/fault.ts";
import { type Files, openFiles } from "./support/files.ts";
import { fileOf } from "./support/resources.ts";

const clusterYaml = (name: string) => `- '@type': ${TYPE_URLS.cluster}\n  name: ${name}\n`;

function places(faults: readonly Fault[]): string[] {
  return faults.map(({ file, line, column, pointer, rule }) => `${file}:${line}:${column} ${pointer} ${rule}`).sort();
}

const faultsOf = (files: Files) => places(files.source.status().faultyGroups.get("default")?.faults ?? []);

test("everything that is wrong with a file is told, each at its place", async (t) => {
  const text = [
    "version_info: ignored",
    "resource: []",
    "resources:",
    `- '@type': ${TYPE_URLS.cluster}`,
    "  name: a",
    "  connect_timeout: soon",
    `- '@type': ${TYPE_URLS.endpoints}`,
    "  cluster_name: b",
    "  endpoints:",
    "  - lb_endpoints:",
    "    - load_balancing_weight: 0",
    "---",
    "- not an object",
    "---",
    "resources:",
    "- '@type': type.googleapis.com/envoy.config.cluster.v3.Clutser",
    "- &anchor",
    `  '@type': ${TYPE_URLS.cluster}`,
    "  name: c",
    "  lb_policy: ROUND",
    "",
  ].join("\n");
  assert.deepEqual(faultsOf(await openFiles(t, { "a.yaml": text })), [
    "a.yaml:11:7 /resources/1/endpoints/0/lb_endpoints/0/load_balancing_weight uint32.gte",
    "a.yaml:13:1  file.shape",
    "a.yaml:16:3 /resources/0/@type json.unknown-type",
    "a.yaml:20:3 /resources/1/lb_policy json.unknown-value",
    "a.yaml:2:1 /resource file.shape",
    "a.yaml:6:3 /resources/0/connect_timeout json.wrong-type",
  ]);
});

test("JSON has places too, and so has text that is neither", async (t) => {
  const json = `{"resources": [\n  {"@type": "${TYPE_URLS.cluster}",\n   "name": "a", "typo": 1}\n]}\n`;
  assert.deepEqual(faultsOf(await openFiles(t, { "a.json": json })), [
    "a.json:3:17 /resources/0/typo json.unknown-field",
  ]);
  const [syntax] = faultsOf(await openFiles(t, { "a.json": '{"resources": [\n  {,\n]}\n' }));
  assert.match(syntax!, /^a\.json:2:4 {2}json\.syntax$/);
  const [yaml] = faultsOf(await openFiles(t, { "a.yaml": "resources:\n- a: [1\n  b: 2\n" }));
  assert.match(yaml!, /^a\.yaml:[23]:\d+ {2}yaml\.syntax$/);
});

test("a file too large for the event loop is read in a thread, with the same result", async (t) => {
  const many = Array.from({ length: 3_000 }, (_, i) => clusterYaml(`c${i}`)).join("");
  const files = await openFiles(t, {
    "a.yaml": `resources:\n${many}`,
    "edge/b.yaml": `resources:\n${many}  typo: 1\n`,
  });
  assert.equal(files.names().length, 3_000);
  const fault = files.source.status().faultyGroups.get("edge")!.faults;
  assert.deepEqual(places(fault), ["edge/b.yaml:6002:3 /resources/2999/typo json.unknown-field"]);
});

test("a reference that leads nowhere is told where it stands, in the file's own spelling", async (t) => {
  const route = `- '@type': ${TYPE_URLS.routes}
  name: r
  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - match: {prefix: /}
      route:
        cluster: missing
`;
  const files = await openFiles(t, { "a.yaml": `resources:\n${clusterYaml("other")}---\nresources:\n${route}` });
  const { warnings } = files.events.find(({ kind }) => kind === "committed")!.message as { warnings: Fault[] };
  assert.deepEqual(places(warnings), [
    "a.yaml:14:9 /resources/0/virtual_hosts/0/routes/0/route/cluster reference.cluster",
  ]);
});

test("aliases that multiply beyond reason are a fault, not the end", async (t) => {
  const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(",")}]`);
  const files = await openFiles(t, { "a.yaml": `${lines.join("\n")}\n`, "edge/b.yaml": fileOf() });
  assert.match(faultsOf(files)[0]!, /yaml\.content$/);
  assert.deepEqual(files.rules("edge"), ["group.emptied"]);
});

test("a resource within Envoy's wrapper is found below it", async (t) => {
  const wrapper = {
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    name: "a",
    resource: { "@type": TYPE_URLS.cluster, name: "a", typo: 1 },
  };
  const [fault] = faultsOf(await openFiles(t, { "a.json": fileOf(wrapper) }));
  assert.match(fault!, /\/resources\/0\/resource\/typo json\.unknown-field$/);
});
