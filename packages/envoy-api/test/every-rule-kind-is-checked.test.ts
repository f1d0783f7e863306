import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  DurationSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { COVERED_RULE_KINDS, validateMessage } from "@fairlead/envoy-api";
import { type FieldInit, type RulesInit, type Subject, schemaWith } from "./schema-with.ts";

/** One kind of rule: values of the field `value` that keep it, and values that break it (`undefined`: not set). */
interface RuleCase {
  readonly kind: string;
  readonly field: FieldInit;
  readonly rules: RulesInit;
  readonly keeps: readonly (JsonValue | undefined)[];
  readonly breaks: readonly (JsonValue | undefined)[];
  /** What breaks, where it is not `kind` itself: a rule that steers others. */
  readonly reportedAs?: string;
}

const tested = new Set<string>();

describe("a rule kind is kept and broken by values on either side of it", () => {
  for (const it of [
    ...numbers(),
    ...strings(),
    ...bytes(),
    ...enums(),
    ...collections(),
    ...durations(),
    ...others(),
  ]) {
    tested.add(it.kind);
    test(it.kind, () => {
      for (const value of it.keeps) assert.deepEqual(brokenBy(it, value), [], `${JSON.stringify(value)} keeps it`);
      for (const value of it.breaks)
        assert.deepEqual(brokenBy(it, value), [it.reportedAs ?? it.kind], `${JSON.stringify(value)} breaks it`);
      assert.ok(it.breaks.length > 0);
    });
  }

  test("oneof.required", () => {
    tested.add("oneof.required");
    const subject: Subject = {
      fields: [{ field: { type: Type.STRING } }, { field: { name: "other", type: Type.STRING } }],
      requiredOneof: "choice",
    };
    assert.deepEqual(violations(subject, { other: "" }), []);
    assert.deepEqual(violations(subject, {}), [
      { pointer: "", rule: "oneof.required", member: "test.Subject.choice", message: "must have one of value, other" },
    ]);
  });

  test("options.disabled", () => {
    tested.add("options.disabled");
    const fields = [{ field: { type: Type.STRING }, rules: string({ minLen: 1n }) }];
    assert.equal(violations({ fields }, {}).length, 1);
    assert.deepEqual(violations({ fields, isDisabled: true }, {}), []);
  });

  after(() => {
    assert.deepEqual(
      [...COVERED_RULE_KINDS].filter((kind) => !tested.has(kind)),
      [],
      "every covered kind has a test here",
    );
  });
});

test("crossed bounds mean outside, as protoc-gen-validate has it", () => {
  const outside: RuleCase = {
    kind: "int32.lt",
    field: { type: Type.INT32 },
    rules: { type: { case: "int32", value: { lt: 5, gt: 10 } } },
    keeps: [4, 11],
    breaks: [5, 10],
  };
  for (const value of outside.keeps) assert.deepEqual(brokenBy(outside, value), []);
  for (const value of outside.breaks) assert.deepEqual(brokenBy(outside, value), ["int32.lt"]);
});

test("an optional or wrapped value that is not set breaks no rule of its value", () => {
  const wrapped = { type: Type.MESSAGE, typeName: ".google.protobuf.UInt32Value" };
  const subject: Subject = { fields: [{ field: wrapped, rules: { type: { case: "uint32", value: { gt: 0 } } } }] };
  assert.deepEqual(violations(subject, {}), []);
  assert.equal(violations(subject, { value: 0 }).length, 1);
  assert.equal(
    violations(
      { fields: [{ field: { type: Type.UINT32 }, rules: { type: { case: "uint32", value: { gt: 0 } } } }] },
      {},
    ).length,
    1,
  );
});

function violations(subject: Subject, json: JsonValue) {
  const schema = schemaWith(subject);
  const desc = schema.messageOf("test.Subject")!;
  return validateMessage(schema, desc, fromJson(desc, json, { registry: schema.registry }));
}

function brokenBy(it: RuleCase, value: JsonValue | undefined): readonly string[] {
  const beside = [
    {
      name: "Inner",
      field: [{ name: "choice", number: 1, label: 1, type: 9, oneofIndex: 0 }],
      oneofDecl: [{ name: "one" }],
    },
  ];
  const json = value === undefined ? {} : { value };
  return violations({ fields: [{ field: it.field, rules: it.rules }], beside }, json).map((found) => found.rule);
}

function numbers(): readonly RuleCase[] {
  const types = [
    "float",
    "double",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "sint32",
    "sint64",
    "fixed32",
    "fixed64",
    "sfixed32",
    "sfixed64",
  ] as const;
  return types.flatMap((name) => {
    const n = (value: number) => (name.endsWith("64") ? BigInt(value) : value);
    const on = (rule: string, limits: object, keeps: number[], breaks: number[]): RuleCase => ({
      kind: `${name}.${rule}`,
      field: { type: Type[name.toUpperCase() as "FLOAT"] },
      rules: { type: { case: name, value: limits } } as RulesInit,
      keeps,
      breaks,
    });
    return [
      on("const", { const: n(7) }, [7], [6, 0]),
      on("lt", { lt: n(7) }, [6], [7, 8]),
      on("lte", { lte: n(7) }, [7], [8]),
      on("gt", { gt: n(7) }, [8], [7, 0]),
      on("gte", { gte: n(7) }, [7], [6]),
      on("in", { in: [n(1), n(2)] }, [1, 2], [3]),
      on("not_in", { notIn: [n(1), n(2)] }, [3], [1, 2]),
      { ...on("ignore_empty", { ignoreEmpty: true, gt: n(7) }, [0, 8], [7]), reportedAs: `${name}.gt` },
    ];
  });
}

function string(limits: object): RulesInit {
  return { type: { case: "string", value: limits } } as RulesInit;
}

function strings(): readonly RuleCase[] {
  const on = (rule: string, limits: object, keeps: string[], breaks: string[]): RuleCase => ({
    kind: `string.${rule}`,
    field: { type: Type.STRING },
    rules: string(limits),
    keeps,
    breaks,
  });
  return [
    on("const", { const: "a" }, ["a"], ["b", ""]),
    on("len", { len: 2n }, ["ab", "👍👍"], ["a", "👍"]),
    on("min_len", { minLen: 2n }, ["ab", "👍👍"], ["", "a", "👍"]),
    on("max_len", { maxLen: 2n }, ["", "👍👍"], ["abc"]),
    on("len_bytes", { lenBytes: 4n }, ["👍", "abcd"], ["a"]),
    on("min_bytes", { minBytes: 4n }, ["👍"], ["éa"]),
    on("max_bytes", { maxBytes: 3n }, ["abc", "é"], ["👍"]),
    on("pattern", { pattern: "[a-z]+" }, ["abc"], ["a1", "", "1a"]),
    on("prefix", { prefix: "a" }, ["ab"], ["ba"]),
    on("suffix", { suffix: "a" }, ["ba"], ["ab"]),
    on("contains", { contains: "b" }, ["abc"], ["ac"]),
    on("not_contains", { notContains: "b" }, ["ac"], ["abc"]),
    on("in", { in: ["a", "b"] }, ["a"], ["c", ""]),
    on("not_in", { notIn: ["a", "b"] }, ["c"], ["a"]),
    on(
      "well_known_regex",
      { wellKnown: { case: "wellKnownRegex", value: 1 } },
      ["x-a", ":path"],
      ["", "a b", "a:b", "é"],
    ),
    {
      ...on(
        "strict",
        { strict: false, wellKnown: { case: "wellKnownRegex", value: 1 } },
        ["", "a b", "é"],
        ["a\nb", "a\0", "\r"],
      ),
      reportedAs: "string.well_known_regex",
    },
    {
      ...on(
        "well_known_regex",
        { wellKnown: { case: "wellKnownRegex", value: 2 } },
        ["", "a\tb é"],
        ["a\nb", "\u007f", "\0"],
      ),
    },
    { ...on("ignore_empty", { ignoreEmpty: true, minLen: 2n }, ["", "ab"], ["a"]), reportedAs: "string.min_len" },
  ];
}

function bytes(): readonly RuleCase[] {
  const of = (...values: number[]) => new Uint8Array(values);
  const base64 = (...values: number[]) => Buffer.from(values).toString("base64");
  const on = (rule: string, limits: object, keeps: string[], breaks: string[]): RuleCase => ({
    kind: `bytes.${rule}`,
    field: { type: Type.BYTES },
    rules: { type: { case: "bytes", value: limits } } as RulesInit,
    keeps,
    breaks,
  });
  return [
    on("const", { const: of(1) }, [base64(1)], [base64(2), ""]),
    on("len", { len: 2n }, [base64(1, 2)], [base64(1)]),
    on("min_len", { minLen: 1n }, [base64(1)], [""]),
    on("max_len", { maxLen: 1n }, ["", base64(1)], [base64(1, 2)]),
    on("prefix", { prefix: of(1, 2) }, [base64(1, 2, 3)], [base64(2, 1), base64(1)]),
    on("suffix", { suffix: of(1, 2) }, [base64(3, 1, 2)], [base64(2, 1), base64(2)]),
    on("contains", { contains: of(1, 2) }, [base64(3, 1, 2, 3)], [base64(1, 3, 2)]),
    on("in", { in: [of(1), of(2)] }, [base64(2)], [base64(3)]),
    on("not_in", { notIn: [of(1), of(2)] }, [base64(3)], [base64(2)]),
    {
      ...on("ignore_empty", { ignoreEmpty: true, minLen: 2n }, ["", base64(1, 2)], [base64(1)]),
      reportedAs: "bytes.min_len",
    },
  ];
}

function enums(): readonly RuleCase[] {
  const on = (rule: string, limits: object, keeps: JsonValue[], breaks: JsonValue[]): RuleCase => ({
    kind: `enum.${rule}`,
    field: { type: Type.ENUM, typeName: ".test.Color" },
    rules: { type: { case: "enum", value: limits } } as RulesInit,
    keeps,
    breaks,
  });
  return [
    on("const", { const: 1 }, ["RED"], ["BLUE", 0]),
    on("defined_only", { definedOnly: true }, ["RED", 0], [7]),
    on("in", { in: [1, 2] }, ["RED", 2], [0]),
    on("not_in", { notIn: [0] }, ["RED", 9], ["UNSET"]),
    {
      ...on("bool.const", {}, [true], [false]),
      kind: "bool.const",
      field: { type: Type.BOOL },
      rules: { type: { case: "bool", value: { const: true } } },
    },
  ];
}

function collections(): readonly RuleCase[] {
  const list = { type: Type.STRING, label: Label.REPEATED };
  const map = { type: Type.MESSAGE, typeName: ".test.Subject.ValueEntry", label: Label.REPEATED };
  const onList = (rule: string, limits: object, keeps: JsonValue[], breaks: JsonValue[]): RuleCase => ({
    kind: `repeated.${rule}`,
    field: list,
    rules: { type: { case: "repeated", value: limits } } as RulesInit,
    keeps,
    breaks,
  });
  const onMap = (rule: string, limits: object, keeps: JsonValue[], breaks: JsonValue[]): RuleCase => ({
    kind: `map.${rule}`,
    field: map,
    rules: { type: { case: "map", value: limits } } as RulesInit,
    keeps,
    breaks,
  });
  return [
    onList("min_items", { minItems: 1n }, [["a"]], [[]]),
    onList("max_items", { maxItems: 1n }, [[], ["a"]], [["a", "b"]]),
    onList("unique", { unique: true }, [[], ["a", "b"]], [["a", "a"]]),
    { ...onList("items", { items: string({ minLen: 1n }) }, [[], ["a"]], [["a", ""]]), reportedAs: "string.min_len" },
    {
      ...onList("ignore_empty", { ignoreEmpty: true, minItems: 2n }, [[], ["a", "b"]], [["a"]]),
      reportedAs: "repeated.min_items",
    },
    onMap("min_pairs", { minPairs: 1n }, [{ a: "" }], [{}]),
    onMap("max_pairs", { maxPairs: 1n }, [{}, { a: "" }], [{ a: "", b: "" }]),
    {
      ...onMap("keys", { keys: string({ minLen: 1n }) }, [{}, { a: "" }], [{ "": "a" }]),
      reportedAs: "string.min_len",
    },
    {
      ...onMap("values", { values: string({ minLen: 1n }) }, [{}, { a: "a" }], [{ a: "" }]),
      reportedAs: "string.min_len",
    },
    {
      ...onMap("ignore_empty", { ignoreEmpty: true, minPairs: 2n }, [{}, { a: "", b: "" }], [{ a: "" }]),
      reportedAs: "map.min_pairs",
    },
  ];
}

function durations(): readonly RuleCase[] {
  const of = (seconds: number, nanos = 0) => create(DurationSchema, { seconds: BigInt(seconds), nanos });
  const on = (
    rule: string,
    limits: object,
    keeps: (string | undefined)[],
    breaks: (string | undefined)[],
  ): RuleCase => ({
    kind: `duration.${rule}`,
    field: { type: Type.MESSAGE, typeName: ".google.protobuf.Duration" },
    rules: { type: { case: "duration", value: limits } } as RulesInit,
    keeps,
    breaks,
  });
  return [
    on("required", { required: true }, ["0s"], [undefined]),
    on("const", { const: of(1) }, [undefined, "1s"], ["2s"]),
    on("lt", { lt: of(1) }, [undefined, "0.999999999s", "-5s"], ["1s"]),
    on("lte", { lte: of(1) }, ["1s"], ["1.000000001s"]),
    on("gt", { gt: of(0) }, [undefined, "0.000000001s"], ["0s", "-0.5s"]),
    on("gte", { gte: of(0, 1_000_000) }, ["0.001s"], ["0.0009s", "0s"]),
    on("in", { in: [of(1), of(2)] }, ["2s"], ["3s"]),
    on("not_in", { notIn: [of(1), of(2)] }, ["3s"], ["1s"]),
  ];
}

function others(): readonly RuleCase[] {
  const any = { type: Type.MESSAGE, typeName: ".google.protobuf.Any" };
  const held = (type: string, value: JsonValue) => ({ "@type": `type.googleapis.com/google.protobuf.${type}`, value });
  const inner = { type: Type.MESSAGE, typeName: ".test.Inner" };
  const urls = ["type.googleapis.com/google.protobuf.Duration"];
  return [
    {
      kind: "any.required",
      field: any,
      rules: { type: { case: "any", value: { required: true } } },
      keeps: [held("Duration", "1s")],
      breaks: [undefined],
    },
    {
      kind: "any.in",
      field: any,
      rules: { type: { case: "any", value: { in: urls } } },
      keeps: [undefined, held("Duration", "1s")],
      breaks: [held("UInt32Value", 1)],
    },
    {
      kind: "any.not_in",
      field: any,
      rules: { type: { case: "any", value: { notIn: urls } } },
      keeps: [held("UInt32Value", 1)],
      breaks: [held("Duration", "1s")],
    },
    {
      kind: "message.required",
      field: inner,
      rules: { message: { required: true } },
      keeps: [{}],
      breaks: [undefined],
    },
    // Skipping looks at nothing below, but the field itself can still be required.
    {
      kind: "message.skip",
      field: inner,
      rules: { message: { required: true, skip: true } },
      keeps: [{}],
      breaks: [undefined],
      reportedAs: "message.required",
    },
  ];
}
