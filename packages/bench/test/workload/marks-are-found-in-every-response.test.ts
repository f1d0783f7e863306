import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, resourceFromJson } from "@fairlead/envoy-api";
import fc from "fast-check";
import type { Workload } from "../../src/plan/plan.ts";
import type { Content } from "../../src/workload/content.ts";
import { resourceJson, typeUrlOf } from "../../src/workload/resource-json.ts";
import { ResponseReader } from "../../src/workload/response-reader.ts";
import { planWith } from "../support/plan.ts";
import { deltaResponse, sotwResponse, wrapped } from "../support/responses.ts";

const SEED = 20_261_122;
const schema = loadSchema();

interface Case {
  readonly workload: Workload;
  readonly marks: readonly number[];
  readonly version: string;
  readonly nonces: readonly string[];
  readonly isDelta: boolean;
  readonly isWrapped: boolean;
  readonly removed: readonly number[];
}

const text = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
const cases: fc.Arbitrary<Case> = fc
  .record({
    type: fc.constantFrom("endpoints" as const, "clusters" as const),
    endpoints: fc.integer({ min: 1, max: 40 }),
    nameTemplate: fc.constantFrom("bench-{i}", "{i}", "a{i:05}.example", "0{i}0"),
    marks: fc.array(fc.oneof(fc.nat(), fc.integer({ min: 0, max: 4_294_967_293 })), { minLength: 1, maxLength: 12 }),
    version: fc.string({ maxLength: 40 }),
    nonces: fc.array(text, { minLength: 1, maxLength: 4 }),
    isDelta: fc.boolean(),
    isWrapped: fc.boolean(),
    removed: fc.uniqueArray(fc.integer({ min: 12, max: 19 }), { maxLength: 3 }),
  })
  .map(({ type, endpoints, nameTemplate, ...rest }) => {
    const workload = { ...planWith({}).workload, type, endpoints, nameTemplate, count: 20 };
    return { workload, ...rest };
  });

test("number, mark, version and nonce of every resource are read, whoever got the bytes before", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const reader = new ResponseReader(one.workload, one.isDelta ? "delta" : "sotw");
      for (const nonce of [...one.nonces, ...one.nonces]) {
        const bytes = encode(one, nonce);
        const content = reader.read(bytes);
        assert.equal(content.fault, undefined);
        assert.equal(bytes.toString("utf8", reader.nonceStart, reader.nonceEnd), nonce);
        assert.equal(content.version.bytes.toString(), one.version);
        assert.deepEqual(
          found(content),
          one.marks.map((mark, index) => [index, mark]),
        );
        assert.deepEqual(content.removed, one.isDelta ? one.removed : []);
        if (one.isDelta)
          assert.deepEqual(
            content.versions.map(({ bytes }) => bytes.toString()),
            one.marks.map(versionAt),
          );
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});

test("bytes that were cut or changed anywhere are a fault or another content, and never an exception", () => {
  fc.assert(
    fc.property(
      cases,
      fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { maxLength: 4 }),
      fc.nat(),
      (one, edits, cut) => {
        const reader = new ResponseReader(one.workload, one.isDelta ? "delta" : "sotw");
        const whole = encode(one, "n");
        const bytes = Buffer.from(whole.subarray(0, cut % (whole.length + 1)));
        for (const { at, value } of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
        const content = reader.read(bytes);
        assert.ok(content.count <= bytes.length);
        assert.equal(reader.read(whole).fault, undefined);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test("a changed mark is told from the one before it though all else is equal", () => {
  const { workload } = planWith({});
  const reader = new ResponseReader(workload, "sotw");
  for (const mark of [5, 6, 5, 6, 7]) {
    const bytes = sotwResponse(typeUrlOf(workload), "v", [encoded(workload, 0, mark)], "n");
    assert.deepEqual(found(reader.read(bytes)), [[0, mark]]);
  }
});

test("what can't be told is a fault with a reason: another type, no mark, a name of another resource around it", () => {
  const { workload } = planWith({});
  const clusters: Workload = { ...workload, type: "clusters" };
  const value = encoded(workload, 0, 1);
  const fault = (bytes: Buffer, isDelta = false) =>
    new ResponseReader(workload, isDelta ? "delta" : "sotw").read(bytes).fault ?? "";
  assert.match(fault(sotwResponse(typeUrlOf(clusters), "v", [encoded(clusters, 0, 1)], "n")), /another type/);
  assert.match(fault(sotwResponse(typeUrlOf(workload), "v", [unmarked(value)], "n")), /bench-0 has no mark/);
  const misnamed = [{ name: "bench-1", version: "1", value }];
  assert.match(fault(deltaResponse(typeUrlOf(workload), "v", misnamed, [], "n"), true), /names another resource/);
});

test("by bytes, equal resources have the same state and changed ones another", () => {
  const workload: Workload = { ...planWith({}).workload, recognise: "bytes", subscribe: "wildcard" };
  const reader = new ResponseReader(workload, "sotw");
  const statesOf = (marks: readonly number[]) => {
    const values = marks.map((mark, index) => encoded(workload, index, mark));
    const { states, count } = reader.read(sotwResponse(typeUrlOf(workload), "v", values, "n"));
    return [...states.subarray(0, count)];
  };
  const [first, second] = statesOf([1, 1]);
  const [same, changed] = statesOf([1, 2]);
  assert.equal(first, same);
  assert.notEqual(second, changed);
});

function encode({ workload, marks, version, isDelta, isWrapped, removed }: Case, nonce: string): Buffer {
  const typeUrl = typeUrlOf(workload);
  const values = marks.map((mark, index) => encoded(workload, index, mark));
  const nameOf = (index: number) => new ResponseReader(workload, "sotw").names.nameOf(index);
  if (isDelta) {
    const resources = values.map((value, index) => ({ name: nameOf(index), version: versionAt(marks[index]!), value }));
    return deltaResponse(typeUrl, version, resources, removed.map(nameOf), nonce);
  }
  const anys = isWrapped ? values.map((value, index) => wrapped(typeUrl, nameOf(index), value)) : values;
  return sotwResponse(typeUrl, version, anys, nonce);
}

function encoded(workload: Workload, index: number, mark: number): Uint8Array {
  const read = resourceFromJson(schema, resourceJson(workload, index, mark));
  assert.ok(read.ok);
  return read.value;
}

function unmarked(value: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(value).toString("latin1").replace("change-", "chance-"), "latin1");
}

function found({ indexes, states, count }: Content): [number, number][] {
  return Array.from({ length: count }, (_, at) => [indexes[at]!, states[at]! - 1]);
}

function versionAt(mark: number): string {
  return `version-${mark}`;
}
