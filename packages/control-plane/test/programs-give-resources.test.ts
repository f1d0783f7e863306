import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../src/config/config.ts";
import { entryOf } from "../src/store/store.ts";
import { type Files, openFiles } from "./support/files.ts";
import { cluster, fileOf } from "./support/resources.ts";
import { until } from "./support/until.ts";

const limits = configOf().programs;

const open = (t: TestContext, files: Record<string, string>, more: Partial<typeof limits> = {}) =>
  openFiles(t, files, { programs: { schema: loadSchema, limits: { ...limits, ...more } }, settleMs: 0 });

const staticCluster = (name: string) => `{ "@type": "${TYPE_URLS.cluster}", name: ${name} }`;

/** `file:line:column: message (rule)` of the faults of a group. */
function faultsOf({ source }: Files, group = "default"): string[] {
  const faults = source.status().faultyGroups.get(group)?.faults ?? [];
  return faults.map(({ file, line, column, message, rule }) => {
    return `${[file, line, column].filter((part) => part !== undefined).join(":")}: ${message} (${rule})`;
  });
}

test("a program gives JSON, or typed messages, or a function of the group", async (t) => {
  const files = await open(t, {
    "plain.ts": `export default [${staticCluster('"plain"')}];\n`,
    "typed.ts": `import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { ClusterSchema, Cluster_DiscoveryType } from "@fairlead/envoy-api/envoy/config/cluster/v3/cluster_pb";
import { HttpProtocolOptionsSchema } from "@fairlead/envoy-api/envoy/extensions/upstreams/http/v3/http_protocol_options_pb";
import { defineResources } from "fairlead/resources";
const h2 = anyPack(HttpProtocolOptionsSchema, create(HttpProtocolOptionsSchema, {
  upstreamProtocolOptions: { case: "explicitHttpConfig", value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } } },
}));
export default defineResources([create(ClusterSchema, {
  name: "typed",
  connectTimeout: { seconds: 2n },
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
  typedExtensionProtocolOptions: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": h2 },
})]);
`,
    "edge/of-group.ts": `export default async ({ group }: { group: string }) => [${staticCluster("group")}];\n`,
    "both.json": fileOf(cluster("json")),
  });
  assert.deepEqual(files.names(), ["json", "plain", "typed"]);
  assert.deepEqual(files.names("edge"), ["edge"]);
  const typed = entryOf(files.store.state().groups.get("default"), { typeUrl: TYPE_URLS.cluster, name: "typed" });
  assert.equal(typed?.place.file, "typed.ts");
});

test("a program runs again when it changes, or a module that it imports, wherever that lies", async (t) => {
  const outside = mkdtempSync(join(tmpdir(), "fairlead-"));
  writeFileSync(join(outside, "far.ts"), `export const far = "far-1";\n`);
  writeFileSync(join(outside, "name.json"), '{ "name": "json" }\n');
  const files = await open(t, {
    "main.ts": `import { near } from "./near.ts";
import { far } from ${JSON.stringify(join(outside, "far.ts"))};
import json from ${JSON.stringify(join(outside, "name.json"))} with { type: "json" };
export default [near, far, json.name].map((name) => (${staticCluster("name")}));
`,
    "near.ts": `export const near: string = "near-1";\n`,
  });
  assert.deepEqual(files.names(), ["far-1", "json", "near-1"]);
  files.write("near.ts", `export const near: string = "near-2";\n`);
  await until("the near module is taken up", () => files.names().includes("near-2"));
  writeFileSync(join(outside, "far.ts"), `export const far = "far-2";\n`);
  await files.source.refresh(); // as a poll does
  await until("the far module is taken up", () => files.names().includes("far-2"));
});

test("what does not change is not run again", async (t) => {
  const log = join(mkdtempSync(join(tmpdir(), "fairlead-")), "runs");
  const files = await open(t, { "a.ts": `console.log("ran");\nexport default [${staticCluster('"a"')}];\n` });
  const runs = () => files.events.filter(({ kind }) => kind === "printed").length;
  assert.equal(runs(), 1, log);
  await files.source.refresh();
  files.write("b.json", fileOf(cluster("b")));
  await until("the other file is taken up", () => files.names().includes("b"));
  assert.equal(runs(), 1);
});

const BROKEN: readonly { readonly what: string; readonly text: string; readonly fault: RegExp }[] = [
  {
    what: "a syntax error",
    text: "export default [\n  { a: 1,\n];\n",
    fault: /^a\.ts:3:1: Unexpected token `\]`.* \(program\.failed\)$/,
  },
  {
    what: "TypeScript that is not erasable",
    text: "enum A { B }\nexport default [];\n",
    fault: /^a\.ts:1:1: TypeScript enum is not supported in strip-only mode/,
  },
  {
    what: "an error that it throws",
    text: "const ports: { http?: { port: number } } = {};\nexport default () => [\n  ports.http!.port,\n];\n",
    fault: /^a\.ts:3:15: TypeError: Cannot read properties of undefined \(reading 'port'\)/,
  },
  {
    what: "an import of a file that is not there",
    text: 'import { x } from "./x";\nexport default [x];\n',
    fault: /^a\.ts:1:19: cannot import "\.\/x": there is no such file; imports need their ending/,
  },
  {
    what: "an import of a package that is not there",
    text: '\nimport x from "left-pad";\nexport default [x];\n',
    fault: /^a\.ts:2:15: cannot import "left-pad": install it beside the file/,
  },
  {
    what: "an export that is no list",
    text: "export default { name: 'a' };\n",
    fault: /^a\.ts: TypeError: the default export gives an object, not a list of resources/,
  },
  {
    what: "something that is no resource",
    text: `export default [${staticCluster('"a"')}, 7];\n`,
    fault: /^a\.ts: TypeError: resource 1 is a number, neither a message nor an object with "@type"/,
  },
  {
    what: "a resource with an unknown field",
    text: `export default [{ "@type": "${TYPE_URLS.cluster}", name: "a", conectTimeout: "1s" }];\n`,
    fault: /^a\.ts: .*conectTimeout.*connectTimeout.* \(json\.unknown-field\)$/,
  },
  {
    what: "writing a file",
    text: 'import { writeFileSync } from "node:fs";\nwriteFileSync("x", "");\nexport default [];\n',
    fault: /^a\.ts:2:1: .*restricted/,
  },
  {
    what: "starting a process",
    text: 'import { execSync } from "node:child_process";\nexport default [execSync("id")];\n',
    fault: /^a\.ts:2:17: .*restricted/,
  },
  {
    what: "ending the process",
    text: "process.exit(3);\nexport default [];\n",
    fault: /^a\.ts: it ended \(exit code 3\) without an answer/,
  },
  {
    what: "an answer of its own making",
    text: 'import { writeSync } from "node:fs";\nwriteSync(3, "{}");\nprocess.exit(0);\n',
    fault: /^a\.ts: it ended \(exit code 0\) without an answer/,
  },
  {
    what: "hanging for ever",
    text: "for (;;);\nexport default [];\n",
    fault: /^a\.ts: it gave no answer within 1500 ms \(programs\.timeoutMs\) and was ended/,
  },
  {
    what: "a promise that nothing resolves",
    text: "export default new Promise(() => setInterval(() => {}, 1000));\n",
    fault: /^a\.ts: it gave no answer within 1500 ms/,
  },
  {
    what: "more memory than it may have",
    text: "const all: number[][] = [];\nfor (;;) all.push(new Array(100_000).fill(1));\nexport default [];\n",
    fault: /^a\.ts: it ended \(\w+\) without an answer/,
  },
  {
    what: "an answer that is too large",
    text: `export default [{ ...${staticCluster('"a"')}, altStatName: "x".repeat(200_000) }];\n`,
    fault: /^a\.ts: its answer exceeds 100000 bytes \(programs\.maxAnswerBytes\)/,
  },
];

test("what a program does wrong is told with its place, and the last good state stays", {
  concurrency: 4,
}, async (t) => {
  await Promise.all(
    BROKEN.map(({ what, text, fault }) =>
      t.test(what, async (t) => {
        const timeoutMs = fault.source.includes("1500 ms") ? 1_500 : 60_000;
        const tight = { timeoutMs, maxHeapBytes: 2 ** 26, maxAnswerBytes: 100_000 };
        const files = await open(t, { "good.json": fileOf(cluster("good")) }, tight);
        assert.deepEqual(files.names(), ["good"]);
        files.write("a.ts", text);
        await until("the fault is told", () => faultsOf(files).length > 0);
        assert.match(faultsOf(files)[0]!, fault);
        assert.deepEqual(files.names(), ["good"]);
      }),
    ),
  );
});

test("a program that hangs holds up no other group", async (t) => {
  const files = await open(t, { "edge/a.json": fileOf(cluster("a")), "hang/a.json": fileOf(cluster("h")) });
  files.write("hang/b.ts", "await new Promise(() => setInterval(() => {}, 1000));\nexport default [];\n");
  files.write("edge/a.json", fileOf(cluster("b")));
  await until("the other group is taken up", () => files.names("edge").includes("b"));
  assert.deepEqual(faultsOf(files, "hang"), [], "it has ten seconds");
});

test("a program that failed for want of a file runs again when the file is there", async (t) => {
  const files = await open(t, {
    "a.ts": `import { name } from "./name.ts";\nexport default [${staticCluster("name")}];\n`,
  });
  assert.match(faultsOf(files)[0]!, /cannot import/);
  files.write("name.ts", 'export const name = "a";\n');
  await until("it is served", () => files.names().includes("a"));
  assert.deepEqual(faultsOf(files), []);
});

test("an environment variable is seen by name only", async (t) => {
  process.env.FAIRLEAD_TEST_SHOWN = "shown";
  process.env.FAIRLEAD_TEST_HIDDEN = "hidden";
  const text = `const { FAIRLEAD_TEST_SHOWN = "-", FAIRLEAD_TEST_HIDDEN = "-" } = process.env;
export default [${staticCluster("FAIRLEAD_TEST_SHOWN + FAIRLEAD_TEST_HIDDEN")}];\n`;
  const files = await open(t, { "a.ts": text }, { env: ["FAIRLEAD_TEST_SHOWN"] });
  assert.deepEqual(files.names(), ["shown-"]);
});

test("where programs are off, a group that has one says so", async (t) => {
  const files = await openFiles(t, { "a.ts": "export default [];\n", "edge/b.json": fileOf(cluster("b")) });
  assert.match(
    faultsOf(files)[0]!,
    /^a\.ts: resource files in TypeScript are off: set programs\.enabled.* \(program\.off\)$/,
  );
  assert.deepEqual(files.names("edge"), ["b"]);
});

test("touching a program that failed runs it again", async (t) => {
  const flag = join(mkdtempSync(join(tmpdir(), "fairlead-")), "flag");
  const text = `import { existsSync } from "node:fs";
if (!existsSync(${JSON.stringify(flag)})) throw new Error("not there");
export default [${staticCluster('"a"')}];\n`;
  const files = await open(t, { "a.ts": text });
  assert.match(faultsOf(files)[0]!, /^a\.ts:2:\d+: not there/);
  appendFileSync(flag, "");
  files.write("a.ts", text);
  await until("it is served", () => files.names().includes("a"));
});

test("what a program gave that is gone is not served when one of its name comes back", async (t) => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, response) => asked.resolve(response)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const files = await open(t, { "b.json": fileOf(cluster("b")) });
  const served = new Set<string>();
  t.after(
    files.store.watch(0, () => {
      for (const name of files.names()) served.add(name);
    }),
  );
  const { port } = server.address() as AddressInfo;
  files.write(
    "a.ts",
    `await fetch("http://127.0.0.1:${port}");
console.log("ends");
export default [${staticCluster('"former"')}];\n`,
  );
  const answer = await asked.promise;
  files.remove("a.ts");
  await files.source.refresh();
  answer.end();
  await until("it has ended", () => files.events.some(({ kind }) => kind === "printed"));
  files.write("a.ts", `export default [${staticCluster('"present"')}];\n`);
  await until("the new one is served", () => served.has("present"));
  assert.deepEqual([...served].sort(), ["b", "present"]);
});
