import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { seededRandom } from "../../../test/support/random.ts";
import { requireTool } from "../../../test/support/tools.ts";
import {
  EnvoyApiError,
  type EnvoyApiErrorCode,
  extractSchema,
  lackingTypes,
  loadSchema,
  REFERENCE_ROWS,
  readSchemaFile,
  schemaFrom,
  uncoveredRuleKinds,
} from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "fairlead-extract-"));
after(() => rmSync(folder, { recursive: true }));

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
const NUL = Buffer.alloc(1);

function descriptor(init: MessageInitShape<typeof FileDescriptorProtoSchema>): Buffer {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, init)));
}

/** A file with one message of that name, whose field has a name of two words. */
function fileOf(name: string, message: string, dependency: string[] = []): Buffer {
  const field = { name: "two_words", number: 1, label: 1, type: 9 } as const;
  return descriptor({
    name,
    package: "a.b",
    dependency,
    syntax: "proto3",
    messageType: [{ name: message, field: [field] }],
  });
}

function write(...parts: readonly Buffer[]): string {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
let count = 0;

async function assertRefused(
  path: string,
  code: EnvoyApiErrorCode,
  message: RegExp,
  read = extractSchema,
): Promise<void> {
  await assert.rejects(read(path), (error: unknown) => {
    assert.ok(error instanceof EnvoyApiError);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

test("descriptors are found among other bytes, each to its end, in the order of imports", async () => {
  const decoys = [
    Buffer.from("\n\x07x.proto\0"), // a name, and nothing behind it
    Buffer.from('\n\x20source/common/protobuf/x.proto"\x05abc'), // a length that is not the name's
    Buffer.from("a.proto b.proto\n\x05.proto"),
  ];
  const path = write(
    ELF,
    fileOf("a/one.proto", "One", ["a/two.proto"]),
    Buffer.from([0x00, 0x1a, 0x02]),
    ...decoys,
    fileOf("a/two.proto", "Two"),
    Buffer.from("\x12\x03zzz"), // looks like a field, but of a smaller number
    fileOf("a/three.proto", "Three"),
    Buffer.from("\x7a\x7fzzz"), // looks like the last field, but its text would end behind the file
  );
  const { files, messages, supplied, ambiguous, descriptorSet, envoy } = await extractSchema(path);
  assert.deepEqual(files, ["a/two.proto", "a/one.proto", "a/three.proto"]);
  assert.deepEqual([messages, supplied, ambiguous], [3, [], []]);
  assert.deepEqual(envoy, { number: undefined, build: undefined });
  const field = schemaFrom(descriptorSet).messageOf("a.b.One")?.fields[0];
  assert.deepEqual([field?.name, field?.jsonName], ["two_words", "twoWords"]);
});

test("a descriptor that lies across the border of what is read at a time is found once", async () => {
  const border = 14 * 1024 * 1024;
  const crossing = fileOf("a/crossing.proto", "Crossing");
  const path = write(
    ELF,
    Buffer.alloc(border - ELF.length - 20),
    crossing,
    NUL,
    Buffer.alloc(3 * 1024 * 1024),
    fileOf("a/late.proto", "Late"),
  );
  assert.deepEqual((await extractSchema(path)).files, ["a/crossing.proto", "a/late.proto"]);
});

test("a file held twice is one, unless the contents differ, which is told", async () => {
  const same = fileOf("a/one.proto", "One");
  const path = write(ELF, same, NUL, same, NUL, fileOf("a/two.proto", "Two"), NUL, fileOf("a/two.proto", "Other"), NUL);
  const { files, ambiguous } = await extractSchema(path);
  assert.deepEqual([files, ambiguous], [["a/one.proto", "a/two.proto"], ["a/two.proto"]]);
});

test("google.protobuf's own files are supplied; any other import that is missing is named", async () => {
  const well = write(ELF, fileOf("a/one.proto", "One", ["google/protobuf/type.proto"]), NUL);
  const { supplied, files } = await extractSchema(well);
  assert.deepEqual(supplied.toSorted(), [
    "google/protobuf/any.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/type.proto",
  ]);
  assert.equal(files.length, 4);
  await assertRefused(
    write(ELF, fileOf("a/one.proto", "One", ["b/gone.proto"]), NUL),
    "import_missing",
    /1 descriptors, but not b\/gone\.proto \(imported by a\/one\.proto\)/,
  );
});

test("what is no executable, or one without descriptors, is refused by what it is", async () => {
  const one = fileOf("a/one.proto", "One");
  await assertRefused(write(gzipSync(one)), "nothing_to_extract", /is compressed \(gzip\)/);
  await assertRefused(write(Buffer.from("#!/bin/sh\nexec envoy\n")), "nothing_to_extract", /is a script/);
  await assertRefused(write(Buffer.from("static_resources: {}\n")), "nothing_to_extract", /is text/);
  await assertRefused(write(), "nothing_to_extract", /is empty/);
  await assertRefused(write(one), "nothing_to_extract", /is no executable/);
  await assertRefused(write(ELF, Buffer.alloc(100)), "nothing_to_extract", /without protobuf descriptors/);
  await assertRefused(join(folder, "none"), "file_unreadable", /ENOENT/);
  await assertRefused(folder, "file_unreadable", /is no file/);
});

test("a schema file is an executable or a descriptor set, and nothing else", async () => {
  const executable = write(ELF, fileOf("a/one.proto", "One"), NUL);
  const { descriptorSet } = await extractSchema(executable);
  const set = write(Buffer.from(descriptorSet));
  for (const path of [executable, set]) {
    const { schema } = await readSchemaFile(path);
    assert.ok(schema.messageOf("a.b.One"), path);
  }
  const read = readSchemaFile as unknown as typeof extractSchema;
  await assertRefused(write(Buffer.from("a: b\n")), "schema_invalid", /is text: name an Envoy executable/, read);
  await assertRefused(
    write(Buffer.from([0, 1, 2])),
    "schema_invalid",
    /file-\d+: not a complete FileDescriptorSet/,
    read,
  );
  await assertRefused(write(Buffer.from(descriptorSet).subarray(0, 60)), "schema_invalid", /not a complete/, read);
});

test("the schema of a real Envoy is complete, and all of its rules and references are understood", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const { descriptorSet, files, messages, ambiguous, envoy } = await extractSchema(tool.path);
  assert.match(envoy.number ?? "", /^1\.\d+\.\d+$/);
  assert.match(envoy.build ?? "", /^[0-9a-f]{40}$/);
  assert.deepEqual(ambiguous, []);
  assert.ok(files.length > 500 && messages > 1_700, `${files.length} files, ${messages} messages`);
  const { file } = fromBinary(FileDescriptorSetSchema, descriptorSet);
  const before = new Set<string>();
  for (const { name, dependency } of file) {
    assert.deepEqual(
      dependency.filter((it) => !before.has(it)),
      [],
      name,
    );
    before.add(name);
  }
  const schema = schemaFrom(descriptorSet);
  assert.ok(schema.messageOf("envoy.config.route.v3.DirectResponseAction")?.field.bodyFormat);
  assert.deepEqual(uncoveredRuleKinds(schema), []);
  // What gRPC clients use and this Envoy lacks can be added.
  const pickFirst = "envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst";
  assert.equal(schema.messageOf(pickFirst), undefined);
  const descriptorSetOfDefault = lackingTypes(schema, loadSchema());
  assert.ok(schema.withTypes([{ name: "default", descriptorSet: descriptorSetOfDefault }]).messageOf(pickFirst));
  // Rows whose type this Envoy lacks are passed over; a field that it renamed would be a reference lost.
  schema.withReferences(REFERENCE_ROWS.filter(({ message }) => schema.messageOf(message)));
});

test("whatever bytes there are, an executable and a set of types are read or refused, and nothing else", async () => {
  const seed = Number(process.env.FAIRLEAD_TEST_SEED ?? 1);
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const files = [
    fileOf("a/one.proto", "One", ["a/two.proto"]),
    fileOf("a/two.proto", "Two"),
    fileOf("a/three.proto", "Three"),
  ];
  const executable = Buffer.concat([ELF, ...files.flatMap((file) => [file, NUL])]);
  const { descriptorSet } = await extractSchema(write(executable));
  const mutated = (bytes: Uint8Array) => {
    const copy = Buffer.from(bytes);
    for (let left = 1 + below(6); left > 0; left--) copy[below(copy.length)] = below(256);
    return copy.subarray(0, random() < 0.2 ? below(copy.length) : copy.length);
  };
  const verdicts = { read: 0, refused: 0 };
  const judge = async (attempt: () => unknown) => {
    try {
      await attempt();
      verdicts.read++;
    } catch (error) {
      assert.ok(error instanceof EnvoyApiError, `seed ${seed}: ${(error as Error).stack}`);
      verdicts.refused++;
    }
  };
  const schema = loadSchema();
  for (let round = 0; round < 150; round++) {
    await judge(() => extractSchema(write(Buffer.concat([ELF, mutated(executable.subarray(ELF.length))]))));
    await judge(() => schema.withTypes([{ name: "fuzzed", descriptorSet: mutated(descriptorSet) }]));
    await judge(() => schemaFrom(mutated(descriptorSet)));
  }
  assert.ok(verdicts.read > 20 && verdicts.refused > 20, JSON.stringify(verdicts));
});
