import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createXdsClient, type HeldResource } from "@fairlead/xds";
import { formatHostPort } from "../../src/config/config.ts";
import { runFairlead } from "../support/cli.ts";
import { type RunningFairlead, start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { type FileInit, setOf, WIDGET, widgets } from "../support/types.ts";
import { until } from "../support/until.ts";

const widget = (name: string, size = 3) => ({ "@type": WIDGET, name, grid_size: size });

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]);
const OTHER_BASE: FileInit = { name: "envoy/config/core/v3/base.proto", package: "x", messageType: [{ name: "X" }] };
const GADGETS: FileInit = { name: "acme/gadget.proto", package: "acme", messageType: [{ name: "Gadget" }] };
/** A file's descriptor as an executable has it. */
const descriptorOf = (init: FileInit) => {
  const file = create(FileDescriptorProtoSchema, init);
  return Buffer.concat([toBinary(FileDescriptorProtoSchema, file), Buffer.alloc(1)]);
};

const register = ({ request }: RunningFairlead, name: string, ...files: readonly FileInit[]) =>
  request("PUT", `/v1/types/${name}`, { descriptorSet: Buffer.from(setOf(...files)).toString("base64") });

test("a type that is registered is served on ADS, and files that were refused for want of it are read again", async (t) => {
  const running = await start(t, { files: { "a.yaml": fileOf(widget("first")) } });
  const { fairlead, put, request } = running;
  assert.equal((await request("GET", "/v1/groups/default")).status, 404);
  assert.match((await put("other", [widget("second")])).body.detail, /unknown type .*acme\.v1\.Widget/);

  const { status, body } = await register(running, "acme", widgets());
  assert.equal(status, 200);
  assert.deepEqual([body.name, body.origin, body.typeUrls, body.changed], ["acme", "api", [WIDGET], true]);
  await until("the file is served", async () => (await request("GET", "/v1/groups/default")).status === 200);

  const target = formatHostPort(fairlead.xdsAddress);
  for (const mode of ["sotw", "delta"] as const) {
    const client = createXdsClient({ target, node: { id: "n" }, mode, userAgent: "test" });
    t.after(() => client.close());
    const held: HeldResource[] = [];
    client.watch(WIDGET, "*", { onResource: (resource) => void held.push(resource) });
    await until(`a widget by ${mode}`, () => held.length > 0);
    assert.deepEqual(
      held.map(({ name }) => name),
      ["first"],
    );
    assert.deepEqual(Buffer.from(held[0]!.value), Buffer.from([10, 5, ...Buffer.from("first"), 16, 3]));
  }
  const { resources } = (await request("GET", "/v1/groups/default/resources")).body;
  assert.deepEqual(resources[0].resource, { "@type": WIDGET, name: "first", gridSize: 3 });
});

test("its rules are checked, in an Any too, and faults name the field", async (t) => {
  const running = await start(t);
  await register(running, "acme", widgets(10));
  const inAny = { ...cluster("a"), metadata: { typed_filter_metadata: { acme: widget("x", 10) } } };
  for (const [resource, pointer] of [
    [widget("x", 10), "/resources/0/grid_size"],
    [inAny, "/resources/0/metadata/typed_filter_metadata/acme/grid_size"],
  ] as const) {
    const { status, body } = await running.put("g", [resource]);
    assert.equal(status, 400);
    assert.deepEqual([body.faults[0].pointer, body.faults[0].rule], [pointer, "uint32.lt"]);
  }
  const { body } = await running.put("g", [{ ...widget("x"), grid_siz: 1 }]);
  assert.match(body.faults[0].message, /acme\.v1\.Widget has no field "grid_siz", did you mean grid_size\?/);
});

test("what contradicts the schema or other types is refused and named", async (t) => {
  const running = await start(t);
  await register(running, "acme", widgets(10));
  const conflicts: [FileInit, RegExp][] = [
    [widgets(11), /types other: types acme have another acme\/v1\/widget\.proto/],
    [
      widgets(10, { name: "acme/copy.proto" }),
      /acme\/copy\.proto defines acme\.v1\.Widget, and so does acme\/v1\/widget\.proto/,
    ],
    [
      widgets(10, { name: "envoy/config/core/v3/base.proto" }),
      /the schema has another envoy\/config\/core\/v3\/base\.proto/,
    ],
    [
      { name: "x.proto", package: "envoy.config.core.v3", messageType: [{ name: "Node" }] },
      /x\.proto defines envoy\.config\.core\.v3\.Node, and so does envoy\/config\/core\/v3\/base\.proto/,
    ],
  ];
  for (const [file, message] of conflicts) {
    const { status, body } = await register(running, "other", file);
    assert.deepEqual([status, body.code], [409, "types-conflict"]);
    assert.match(body.detail, message);
  }
  const same = await register(running, "other", widgets(10)); // no contradiction
  assert.equal(same.status, 200);
});

test("a missing import is named, and a set that is none is refused", async (t) => {
  const running = await start(t);
  const dangling = await register(
    running,
    "acme",
    widgets(10, { dependency: ["validate/validate.proto", "acme/base.proto"] }),
  );
  assert.deepEqual([dangling.status, dangling.body.code], [400, "types-invalid"]);
  assert.match(dangling.body.detail, /types acme: acme\/v1\/widget\.proto imports acme\/base\.proto, which neither/);
  const base = { name: "acme/base.proto", package: "acme", messageType: [{ name: "Base" }] };
  assert.equal((await register(running, "base", base)).status, 200);
  const needing = widgets(10, { dependency: ["validate/validate.proto", "acme/base.proto"] });
  assert.equal((await register(running, "acme", needing)).status, 200);
  const needed = await running.request("DELETE", "/v1/types/base");
  assert.deepEqual([needed.status, needed.body.code], [400, "types-invalid"]);
  assert.match(needed.body.detail, /imports acme\/base\.proto/);
  for (const [descriptorSet, status] of [
    [Buffer.from("nonsense").toString("base64"), 400],
    ["", 400],
    ["%", 400],
    [Buffer.from(setOf({ name: "a.proto", messageType: [{ name: "1 2" }] })).toString("base64"), 400],
  ] as const) {
    assert.equal((await running.request("PUT", "/v1/types/x", { descriptorSet })).status, status, descriptorSet);
  }
  assert.equal((await running.request("PUT", "/v1/types/a%20b", { descriptorSet: "" })).status, 400);
});

test("types in use stay; what is stored stays as it is when they are replaced", async (t) => {
  const running = await start(t);
  const { put, request } = running;
  await register(running, "acme", widgets(10));
  const inAny = { ...cluster("a"), metadata: { typed_filter_metadata: { acme: widget("x") } } };
  await put("g", [widget("w", 9), inAny]);
  const before = (await request("GET", "/v1/groups/g/resources")).body.resources;
  assert.equal((await register(running, "acme", widgets(5))).body.changed, true); // 9 would break the rule now
  assert.equal((await register(running, "acme", widgets(5))).body.changed, false);
  assert.deepEqual((await request("GET", "/v1/groups/g/resources")).body.resources, before);
  assert.equal((await put("g", [widget("w", 9)])).status, 400);

  const inUse = await request("DELETE", "/v1/types/acme");
  assert.deepEqual([inUse.status, inUse.body.code], [409, "types-in-use"]);
  await put("g", [inAny]);
  assert.match(
    (await request("DELETE", "/v1/types/acme")).body.detail,
    /Cluster "a" of group g \(api at \/resources\/0\)/,
  );
  await put("g", [cluster("a")]);
  assert.deepEqual((await request("DELETE", "/v1/types/acme")).body, { types: [] });
  assert.equal((await put("g", [widget("w")])).status, 400);
  const unknown = await request("DELETE", "/v1/types/acme");
  assert.deepEqual([unknown.status, unknown.body.code], [404, "types-unknown"]);
});

test("the command line registers, lists and takes away", async (t) => {
  const { fairlead, root, put } = await start(t, { files: {} });
  const admin = ["--admin", fairlead.adminUrl];
  const file = join(root, "acme.binpb");
  writeFileSync(file, setOf(widgets()));
  const registered = await runFairlead(t, ["schema", "register", "acme", file, ...admin]);
  assert.deepEqual(registered, { code: 0, stdout: `acme registered: 1 message\n${WIDGET}\n`, stderr: "" });
  const executable = join(root, "our-envoy"); // with files that contradict the schema, beside those that are wanted
  writeFileSync(executable, Buffer.concat([ELF, ...[GADGETS, OTHER_BASE].map(descriptorOf)]));
  const conflicting = await runFairlead(t, ["schema", "register", "ours", executable, ...admin]);
  assert.equal(conflicting.code, 1);
  assert.match(conflicting.stderr, /types ours: the schema has another envoy\/config\/core\/v3\/base\.proto/);
  const only = await runFairlead(t, ["schema", "register", "ours", executable, "--only", "acme/*", ...admin]);
  assert.deepEqual([only.code, only.stderr], [0, ""]);
  assert.equal((await runFairlead(t, ["schema", "unregister", "ours", ...admin])).code, 0);
  const listed = await runFairlead(t, ["schema", "list", ...admin]);
  assert.match(listed.stdout, /^NAME +ORIGIN +MESSAGES +BYTES\nacme +api +1 +\d+\n$/);
  await put("g", [widget("w")]);
  const inUse = await runFairlead(t, ["schema", "unregister", "acme", ...admin]);
  assert.equal(inUse.code, 1);
  assert.match(inUse.stderr, /acme\.v1\.Widget "w" of group g/);
  await put("g", [cluster("a")]);
  assert.equal((await runFairlead(t, ["schema", "unregister", "acme", ...admin])).code, 0);
});

test("types of the configuration are there from the start, for check too, and only it changes them", async (t) => {
  const types = await configured(t, setOf(widgets()));
  const running = await start(t, { files: { "a.yaml": fileOf(widget("w")) }, config: { types: [types, "default"] } });
  assert.equal((await running.request("GET", "/v1/groups/default")).status, 200);
  const { body } = await running.request("GET", "/v1/types");
  assert.deepEqual(
    body.types.map(({ name, origin, messages }: Record<string, unknown>) => [name, origin, messages]),
    [["acme", "config", 1]], // the default schema lacks nothing of itself
  );
  assert.equal((await register(running, "acme", widgets(3))).body.code, "types-conflict");
  assert.equal((await running.request("DELETE", "/v1/types/acme")).body.code, "types-conflict");

  const config = join(running.root, "fairlead.yaml");
  writeFileSync(config, `types: [${JSON.stringify(types)}]\n`);
  const checked = await runFairlead(t, ["check", running.root, "--config", config]);
  assert.deepEqual([checked.code, checked.stderr], [0, ""]);
  writeFileSync(config, "types: [none.binpb]\n");
  const missing = await runFairlead(t, ["check", running.root, "--config", config]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /types: .*none\.binpb cannot be read/);
});

async function configured(t: TestContext, set: Uint8Array): Promise<string> {
  const { root } = await start(t, { files: {} });
  const path = join(root, "acme.binpb");
  writeFileSync(path, set);
  return path;
}
