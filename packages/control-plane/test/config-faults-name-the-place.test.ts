import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { configOf, configSchema, loadConfig, parseConfig } from "../src/config/config.ts";
import type { FairleadError } from "../src/errors.ts";

/** `line:column pointer message` of every fault in a configuration. */
function faultsIn(text: string): string[] {
  try {
    parseConfig(text, { file: "fairlead.yaml" });
    return [];
  } catch (error) {
    const { code, faults, message } = error as FairleadError;
    assert.equal(code, "config-invalid");
    assert.match(message, /^fairlead\.yaml:\d+:\d+: /);
    return faults.map((fault) => `${fault.line}:${fault.column} ${fault.pointer} ${fault.message}`);
  }
}

test("an unknown field is refused with the nearest known one", () => {
  const text =
    "xds:\n  listn: 127.0.0.1:1\n  timings:\n    warmGraceMS: 5\nrefrences: {}\ngroups:\n- idd: x\n  group: g\n";
  assert.deepEqual(faultsIn(text).sort(), [
    "2:3 /xds/listn unknown field listn; did you mean listen?",
    "4:5 /xds/timings/warmGraceMS unknown field warmGraceMS; did you mean warmGraceMs?",
    "5:1 /refrences unknown field refrences; did you mean references?",
    "7:3 /groups/0/idd unknown field idd; did you mean id?",
  ]);
});

test("a value of the wrong kind is refused with what was expected", () => {
  for (const [text, expected] of [
    ["drainMs: soon\n", /^1:1 \/drainMs drainMs must be a number, and is "soon"$/],
    ["drainMs: -1\n", /^1:1 \/drainMs drainMs must be 0 at least, and is -1$/],
    ["drainMs: 1e12\n", /^1:1 \/drainMs drainMs must be 2147483647 at most, and is 1000000000000$/],
    ["drainMs: 1.5\n", /^1:1 \/drainMs drainMs must be a whole number, and is 1\.5$/],
    ["drainMs:\n", /^1:1 \/drainMs drainMs must be a number, and is empty$/],
    ["allowEmpty: yes\n", /^1:1 \/allowEmpty allowEmpty must be true or false, and is "yes"$/],
    ["validation: eror\n", /^1:1 \/validation .* one of error, warn, off \(did you mean error\?\), and is "eror"$/],
    ["xds: {listen: here}\n", /^1:7 \/xds\/listen expected HOST:PORT/],
    ["xds: {tls: {cert: a.pem}}\n", /^1:7 \/xds\/tls\/key xds\.tls\.key is missing: add it \(Private key in PEM\)$/],
    ["groups: [{id: x}]\n", /^1:10 \/groups\/0\/group groups\[0\]\.group is missing: add it \(The group, with .*\)$/],
    ["groups: [{id: 5, group: g}]\n", /\/groups\/0\/id groups\[0\]\.id must be text or a list, and is 5$/],
    [
      "groups: [{id: [5], group: g}]\n",
      /\/groups\/0\/id groups\[0\]\.id must be text or a list of text, and is a list$/,
    ],
    ["includes: {a: []}\n", /^1:12 \/includes\/a includes\.a must not be empty$/],
    ["includes: {'': [b]}\n", /^1:12 \/includes\/ a name in includes must not be empty$/],
    ["groups: [{group: '{node.name}'}]\n", /\/groups\/0\/group unknown placeholder \{node\.name\}/],
    ["- a list\n", /^1:1 {2}the configuration must be fields with values, and is a list$/],
  ] as const) {
    const [fault, ...others] = faultsIn(text);
    assert.match(fault ?? "no fault", expected);
    assert.deepEqual(others, []);
  }
});

test("text that is no YAML, or has a key twice, is refused at its line", () => {
  assert.match(faultsIn("xds: {\nadmin: [\n")[0]!, /^[123]:/);
  assert.match(faultsIn("drainMs: 1\ndrainMs: 2\n")[0]!, /^2:1 .*unique/);
});

test("nothing at all is a configuration", () => {
  assert.deepEqual(parseConfig(""), configOf());
  assert.deepEqual(parseConfig("# only a comment\n"), configOf());
  assert.equal(configOf().xds.listen, "127.0.0.1:18000");
  assert.equal(configOf().admin.listen, "127.0.0.1:18001");
});

test("paths are relative to the file, and a file that is not there is told of", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "fairlead.yaml");
  assert.throws(() => loadConfig(file), { code: "config-unreadable" });
  writeFileSync(file, "resources: conf\nxds:\n  tls: {cert: tls/c.pem, key: /etc/k.pem}\n");
  const { resources, xds } = loadConfig(file);
  assert.equal(resources, join(directory, "conf"));
  assert.deepEqual(xds.tls, { cert: join(directory, "tls/c.pem"), key: "/etc/k.pem" });
});

test("the command line wins over the file", () => {
  const { xds, admin, log, resources } = parseConfig(
    "xds: {listen: 127.0.0.1:1}\nresources: a\nlog: {level: error}\n",
    {
      overrides: { xdsListen: "127.0.0.1:2", adminListen: "[::1]:3", logLevel: "debug", resources: "/b" },
    },
  );
  assert.deepEqual([xds.listen, admin.listen, log.level, resources], ["127.0.0.1:2", "[::1]:3", "debug", "/b"]);
});

test("what other machines reach unprotected must be asked for", () => {
  const refused = (text: string) => faultsIn(text).map((fault) => fault.split(" ")[1]);
  for (const listen of ["0.0.0.0:18000", ":18000", "'[::]:18000'", "10.0.0.1:18000", "fairlead.example:18000"]) {
    assert.deepEqual(refused(`xds: {listen: ${listen}}\n`), ["/xds/listen"], listen);
    assert.deepEqual(refused(`admin: {listen: ${listen}}\n`), ["/admin/listen"], listen);
    assert.deepEqual(refused(`xds: {listen: ${listen}, insecure: true}\n`), []);
    assert.deepEqual(refused(`xds: {listen: ${listen}, tls: {cert: c, key: k}}\n`), []);
  }
  for (const listen of ["127.0.0.1:0", "127.8.0.1:1", "localhost:1", "'[::1]:1'"]) {
    assert.deepEqual(refused(`xds: {listen: ${listen}}\nadmin: {listen: ${listen}}\n`), [], listen);
  }
  assert.throws(() => parseConfig("", { overrides: { xdsListen: "0.0.0.0:1" } }), { code: "config-invalid" });
  parseConfig("", { overrides: { xdsListen: "0.0.0.0:1", adminListen: "0.0.0.0:2", insecure: true } });
});

test("every field is described, every number has its unit in its name or is counted", () => {
  let fields = 0;
  const look = (path: string, field: FieldSchema) => {
    const { description = "", unit, type, properties = {} } = field.items?.properties ? field.items : field;
    if (path !== "" && !path.endsWith("[]")) assert.notEqual(field.description ?? description, "", path);
    if (type === "integer" && !path.endsWith("/port")) assert.ok(unit, path);
    if (unit === "ms") assert.match(path, /Ms$/);
    if (unit === "bytes") assert.match(path, /Bytes/);
    for (const [name, inner] of Object.entries(properties)) look(`${path}/${name}`, inner);
    fields++;
  };
  look("", z.toJSONSchema(configSchema, { io: "input" }) as FieldSchema);
  assert.ok(fields > 50);
});

interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly items?: FieldSchema;
}
