import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { loadSchema, REFERENCE_ROWS } from "@fairlead/envoy-api";
import { IGNORED_FIELDS } from "./ignored-fields.ts";

const schema = loadSchema();
const messages = [...schema.registry]
  .filter((it) => it.kind === "message")
  .filter((it) => !it.typeName.startsWith("google."));
const tabled = new Set(REFERENCE_ROWS.flatMap(({ message, field }) => fieldsOn(message, field)));

test("every string that looks like a reference is in the table or ignored for a reason", () => {
  const found = messages.flatMap((desc) => desc.fields.filter((field) => looksLikeReference(desc, field)).map(keyOf));
  assert.ok(found.length > 60, `the survey itself finds only ${found.length} fields`);
  const missing = found.filter((key) => !tabled.has(key) && !(key in IGNORED_FIELDS));
  assert.deepEqual(missing, []);
});

test("every field that holds a config source is in the table or ignored for a reason", () => {
  const sources = new Set(["envoy.config.core.v3.ConfigSource", "envoy.config.core.v3.ExtensionConfigSource"]);
  const used = new Set(
    REFERENCE_ROWS.flatMap(({ message, source }) => (source === undefined ? [] : fieldsOn(message, source))),
  );
  const found = messages.flatMap((desc) =>
    desc.fields.filter((field) => sources.has(field.message?.typeName ?? "")).map(keyOf),
  );
  const missing = found.filter((key) => !used.has(key) && !(key in IGNORED_FIELDS));
  assert.deepEqual(missing, []);
});

test("the ignore list names only fields that exist and are not in the table", () => {
  const known = new Set(messages.flatMap((desc) => desc.fields.map(keyOf)));
  const stale = Object.keys(IGNORED_FIELDS).filter((key) => !known.has(key) || tabled.has(key));
  assert.deepEqual(stale, []);
});

function looksLikeReference(desc: DescMessage, field: DescField): boolean {
  if (!holdsStrings(field)) return false;
  if (/cluster|secret|route_config/.test(field.name)) return true;
  return (
    field.name === "name" &&
    /Cluster|Secret|RouteConfig|Sds|Rtds/.test(desc.typeName.slice(desc.typeName.indexOf(".v3.") + 1))
  );
}

function holdsStrings(field: DescField): boolean {
  if (field.fieldKind === "map") return field.mapKey === ScalarType.STRING;
  return (field.fieldKind === "scalar" || field.fieldKind === "list") && field.scalar === ScalarType.STRING;
}

/** The fields along a row's path, each as `message.field`. */
function fieldsOn(message: string, path: string): readonly string[] {
  const keys: string[] = [];
  let desc = schema.registry.getMessage(message);
  assert.ok(desc, `the schema has no ${message}`);
  for (const name of path.split(".")) {
    const field: DescField | undefined = desc?.fields.find((it) => it.name === name);
    assert.ok(field, `no ${path} in ${message}`);
    keys.push(keyOf(field));
    desc = field.message;
  }
  return keys;
}

function keyOf(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}
