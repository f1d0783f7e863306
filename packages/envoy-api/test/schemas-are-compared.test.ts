import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { requireTool } from "../../../test/support/tools.ts";
import { diffSchemas, loadSchema, readSchemaFile, type Schema, schemaFrom } from "../src/index.ts";
import { isLooser } from "../src/rules/is-looser.ts";
import { type FieldInit, type RulesInit, schemaWith } from "./schema-with.ts";

const [OPTIONAL, REPEATED] = [1, 3] as const;
const [STRING, INT32] = [9, 5] as const;

function schema(init: MessageInitShape<typeof FileDescriptorProtoSchema>): Schema {
  const file = create(FileDescriptorProtoSchema, { name: "a.proto", package: "a", syntax: "proto3", ...init });
  return schemaFrom(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] })));
}

/** A schema with message `a.M` of these fields. */
function withFields(...field: readonly FieldInit[]): Schema {
  return schema({ messageType: [{ name: "M", field: field.map((it) => ({ label: OPTIONAL, type: STRING, ...it })) }] });
}

/** `element name property before after breaking`, with what of it there is. */
function changesOf(before: Schema, after: Schema): string[] {
  return diffSchemas(before, after).map(({ kind, element, name, property, before, after, isBreaking }) =>
    [kind, element, name, property, before, after, isBreaking && "breaking"].filter((it) => it).join(" "),
  );
}

test("fields are compared by name: new, gone, renamed, of another type or number, deprecated", () => {
  const before = withFields(
    { name: "kept", number: 1 },
    { name: "gone", number: 2 },
    { name: "old_name", number: 3 },
    { name: "typed", number: 4 },
    { name: "numbered", number: 5 },
    { name: "listed", number: 6 },
    { name: "aged", number: 7 },
  );
  const after = withFields(
    { name: "kept", number: 1 },
    { name: "new_name", number: 3 },
    { name: "typed", number: 4, type: INT32 },
    { name: "numbered", number: 50 },
    { name: "listed", number: 6, label: REPEATED },
    { name: "aged", number: 7, options: { deprecated: true } },
    { name: "added", number: 8 },
  );
  assert.deepEqual(changesOf(before, after), [
    "added field a.M.added string",
    "changed field a.M.aged deprecated false true",
    "removed field a.M.gone string breaking",
    "changed field a.M.listed type string repeated string breaking",
    "changed field a.M.numbered number 5 50 breaking",
    "changed field a.M.old_name name old_name new_name breaking",
    "changed field a.M.typed type string int32 breaking",
  ]);
  assert.deepEqual(changesOf(before, before), []);
});

test("messages, enums and services come and go; a whole one is one change", () => {
  const message = { name: "M", field: [{ name: "f", number: 1, label: OPTIONAL, type: STRING }] };
  const method = { name: "Call", inputType: ".a.M", outputType: ".a.M" };
  const before = schema({
    messageType: [message, { ...message, name: "Gone" }],
    enumType: [
      {
        name: "E",
        value: [
          { name: "ZERO", number: 0 },
          { name: "ONE", number: 1 },
          { name: "OLD", number: 2 },
        ],
      },
    ],
    service: [{ name: "S", method: [method, { ...method, name: "End" }] }],
  });
  const after = schema({
    messageType: [message, { ...message, name: "New" }],
    enumType: [
      {
        name: "E",
        value: [
          { name: "ZERO", number: 0 },
          { name: "ONE", number: 7 },
          { name: "TWO", number: 2 },
        ],
      },
    ],
    service: [
      {
        name: "S",
        method: [
          { ...method, serverStreaming: true },
          { ...method, name: "Begin" },
        ],
      },
      { name: "T" },
    ],
  });
  assert.deepEqual(
    changesOf(before, after),
    [
      "changed value a.E.ONE number 1 7 breaking",
      "removed value a.E.OLD 2 breaking",
      "added value a.E.TWO 2",
      "removed message a.Gone breaking",
      "added message a.New",
      "added method a.S.Begin unary a.M → a.M",
      "changed method a.S.Call type unary a.M → a.M server_streaming a.M → a.M breaking",
      "removed method a.S.End unary a.M → a.M breaking",
      "added service a.T",
    ].sort((a, b) => (a.split(" ")[2]! < b.split(" ")[2]! ? -1 : 1)),
  );
});

test("rules are told, and are breaking unless they allow no less", () => {
  const uint32 = (rules: RulesInit) => schemaWith({ fields: [{ field: { name: "value", type: 13 }, rules }] });
  const lt = (limit: number) => uint32({ type: { case: "uint32", value: { lt: limit } } });
  const [change, ...others] = diffSchemas(lt(10), lt(5));
  assert.deepEqual(others, []);
  assert.deepEqual(change, {
    kind: "changed",
    element: "field",
    name: "test.Subject.value",
    property: "rules",
    before: '{"uint32":{"lt":10}}',
    after: '{"uint32":{"lt":5}}',
    isBreaking: true,
  });
  assert.equal(diffSchemas(lt(5), lt(10))[0]?.isBreaking, false);
});

test("rules are looser where bounds are wider, lists longer, or rules gone", () => {
  const string = (rules: object) => ({ string: rules });
  const looser: [after: object | undefined, before: object | undefined][] = [
    [undefined, string({ min_len: "1" })],
    [{}, string({ min_len: "1" })],
    [string({ min_len: "1" }), string({ min_len: "2", max_len: "3" })],
    [string({ in: ["a", "b"] }), string({ in: ["a"] })],
    [{ message: { skip: true } }, { message: { required: true } }],
    [{ uint32: { gte: 0 } }, { uint32: { gt: 0 } }],
    [{ duration: { lte: "0s", gte: "0.001s" } }, { duration: { lte: "0s", gte: "1s" } }],
    [{ repeated: { items: { double: { gt: 0 } } } }, { repeated: { min_items: "1", items: { double: { gt: 0 } } } }],
    [string({ ignore_empty: true, min_len: "2" }), string({ min_len: "2" })],
  ];
  for (const [after, before] of looser) {
    assert.ok(isLooser(after as never, before as never), JSON.stringify([after, before]));
    if (before !== undefined && after !== undefined) {
      assert.ok(!isLooser(before as never, after as never), `the other way: ${JSON.stringify([after, before])}`);
    }
  }
  assert.ok(!isLooser({ duration: { gte: "1s" } } as never, { duration: { lte: "0s", gte: "1s" } } as never)); // 0s is out
  assert.ok(!isLooser(string({ pattern: "a" }) as never, string({ pattern: "b" }) as never));
  assert.ok(!isLooser(string({ max_len: "1" }) as never, undefined));
});

test("against a real Envoy, the rules that are looser and stricter are those that validation.md lists", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const { schema: envoys } = await readSchemaFile(tool.path);
  const changes = diffSchemas(loadSchema(), envoys);
  assert.deepEqual(diffSchemas(envoys, envoys), []);
  const docs = readFileSync(new URL("../../../docs/validation.md", import.meta.url), "utf8");
  const listed = [...docs.slice(docs.indexOf("## Loosened rules")).matchAll(/^\| `([\w.]+)` \|/gm)].map(
    ([, name]) => name!,
  );
  const rules = changes.filter(({ property, name }) => property === "rules" && !name.startsWith("envoy.service."));
  const namesOf = (isBreaking: boolean) => rules.filter((it) => it.isBreaking === isBreaking).map(({ name }) => name);
  assert.deepEqual(namesOf(false), listed.sort());
  for (const name of namesOf(true)) assert.ok(docs.includes(name.split(".").slice(-2).join(".")), name);
  assert.ok(changes.some(({ name, kind }) => kind === "added" && name === "envoy.config.route.v3.RouteMatch.cookies"));
});
