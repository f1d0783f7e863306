import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DescField, type DescMessage, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { factsOf, loadSchema, REFERENCE_ROWS, type ReferenceRow, typeUrlOf } from "@fairlead/envoy-api";

const schema = loadSchema();

describe("a row of the reference table finds its name", () => {
  for (const row of REFERENCE_ROWS) {
    test(`${row.message}.${row.field}`, () => {
      const found = referencesIn(row, { ads: {} });
      assert.deepEqual(
        found.map((it) => [it.typeUrl, it.name]),
        [[row.to, "target"]],
      );
      assert.ok(found[0]?.pointer.startsWith("/"), "it says where");
      if (row.source !== undefined)
        assert.deepEqual(referencesIn(row, { path_config_source: { path: "/x" } }), [], "a file is not ours");
    });
  }
});

test("without a name the other field is taken", () => {
  const row = REFERENCE_ROWS.find((it) => it.orElse !== undefined);
  assert.ok(row);
  const { field, ...rest } = row;
  const found = referencesIn({ ...rest, field: row.orElse!, orElse: field }, { ads: {} });
  assert.deepEqual(
    found.map((it) => it.name),
    ["target"],
  );
});

function referencesIn(row: ReferenceRow, source: JsonObject) {
  const desc = schema.registry.getMessage(row.message);
  assert.ok(desc, row.message);
  const json: JsonObject = {};
  if (row.source !== undefined) put(desc, json, row.source, () => source);
  if (row.when !== undefined) put(desc, json, row.when.field, () => row.when!.is);
  put(desc, json, row.field, nameFor);
  const message = fromJson(desc, json, { registry: schema.registry });
  return factsOf(schema, typeUrlOf(row.message), message).references;
}

function nameFor(field: DescField): JsonValue {
  if (field.fieldKind === "list") return ["target"];
  return field.fieldKind === "map" ? { target: {} } : "target";
}

function put(desc: DescMessage, json: JsonObject, path: string, valueFor: (field: DescField) => JsonValue): void {
  const [name = "", ...rest] = path.split(".");
  const field = desc.fields.find((it) => it.name === name);
  assert.ok(field, `${desc.typeName} has no ${name}`);
  if (rest.length === 0) {
    json[name] = valueFor(field);
    return;
  }
  json[name] ??= {};
  put(field.message!, json[name] as JsonObject, rest.join("."), valueFor);
}
