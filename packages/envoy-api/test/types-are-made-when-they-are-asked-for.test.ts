import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type AnyDesc, create, createFileRegistry, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { TYPE_URLS, typeNameOf } from "@fairlead/envoy-api";
import { lazyRegistry } from "../src/lazy-registry.ts";

const bytes = readFileSync(new URL("../gen/envoy.binpb", import.meta.url));
const whole = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));

/** Everything of a descriptor that tells it from others, references by name. */
function described(desc: AnyDesc): unknown {
  if (desc.kind !== "message") return [desc.kind, desc.toString()];
  const fields = desc.fields.map((field) => [
    field.name,
    field.jsonName,
    field.number,
    field.fieldKind,
    field.message?.typeName,
    field.enum?.typeName,
    field.oneof?.name,
  ]);
  return [desc.kind, desc.typeName, desc.file.name, fields];
}

function byName(registry: FileRegistry): ReadonlyMap<string, unknown> {
  return new Map([...registry].map((desc) => [desc.typeName, described(desc)]));
}

test("all types are those of a registry that is made at once", () => {
  const lazy = lazyRegistry(bytes);
  assert.deepEqual(byName(lazy), byName(whole));
  const filesOf = ({ files }: FileRegistry) =>
    [...files].map(({ name, dependencies }) => [name, dependencies.map(String)]);
  assert.deepEqual(filesOf(lazy), filesOf(whole));
});

test("a type is the same object whether it is asked for by name, met in a field, or met on the way through all", () => {
  const lazy = lazyRegistry(bytes);
  const cluster = lazy.getMessage(typeNameOf(TYPE_URLS.cluster))!;
  const assignment = cluster.fields.find(({ name }) => name === "load_assignment")!.message;
  assert.equal(lazy.getMessage(typeNameOf(TYPE_URLS.endpoints)), assignment);
  assert.ok([...lazy].includes(cluster));
});

test("types within types, enums and extensions are found by name, and what is of another kind is not", () => {
  const lazy = lazyRegistry(bytes);
  assert.ok(lazy.getMessage("envoy.config.cluster.v3.Cluster.TransportSocketMatch"));
  assert.ok(lazy.getEnum("envoy.config.cluster.v3.Cluster.DiscoveryType"));
  assert.ok(lazy.getService("envoy.service.discovery.v3.AggregatedDiscoveryService"));
  const rules = lazy.getExtension("validate.rules")!;
  assert.equal(lazy.getExtensionFor(rules.extendee, rules.number), rules);
  assert.equal(lazy.getMessage("envoy.config.cluster.v3.Cluster.DiscoveryType"), undefined);
  assert.equal(lazy.getMessage("envoy.config.cluster.v3.Cluster.Nothing"), undefined);
  assert.equal(lazy.getMessage(""), undefined);
});

test("a type makes the files that it is made of, and no others", () => {
  const unusable = { name: "unusable.proto", dependency: ["nowhere.proto"] };
  const set = create(FileDescriptorSetSchema, { file: [create(FileDescriptorProtoSchema, unusable)] });
  const lazy = lazyRegistry(Buffer.concat([bytes, toBinary(FileDescriptorSetSchema, set)]));
  for (const typeUrl of Object.values(TYPE_URLS)) lazy.getMessage(typeNameOf(typeUrl));
  assert.throws(() => [...lazy], /nowhere\.proto/);
});
