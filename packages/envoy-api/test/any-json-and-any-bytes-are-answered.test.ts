import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EnvoyApiError,
  factsOf,
  loadSchema,
  normalize,
  resourceFromJson,
  resourceToJson,
  TYPE_URLS,
  validateMessage,
} from "@fairlead/envoy-api";
import fc from "fast-check";
import type { Json, JsonAny } from "../scripts/compare/json.ts";
import { makeCase } from "../scripts/compare/make-case.ts";

const schema = loadSchema();

/** A generated resource in which one value was replaced by any JSON. */
const damaged = fc
  .tuple(
    fc.nat(5000),
    fc.nat(1000),
    fc.oneof(fc.jsonValue(), fc.constantFrom("", "1s", "1e3", "-0", "NaN", 1e300, -1, 2 ** 53, "AA=", "\ud800")),
  )
  .map(([number, place, value]) => {
    const { resource } = makeCase(schema, 5, number);
    const slots = slotsIn(resource);
    const slot = slots[place % slots.length]!;
    slot.set(value as JsonAny);
    return resource;
  });

function slotsIn(json: JsonAny): { set: (value: JsonAny) => void }[] {
  if (typeof json !== "object" || json === null) return [];
  const own = Object.keys(json).map((key) => ({
    set: (value: JsonAny) => {
      (json as Json)[key] = value;
    },
  }));
  return [...own, ...Object.values(json).flatMap(slotsIn)];
}

test("any JSON is read or refused with a reason and a place, and what is read can be checked and written", () => {
  fc.assert(
    fc.property(fc.oneof({ arbitrary: damaged, weight: 9 }, { arbitrary: fc.jsonValue(), weight: 1 }), (json) => {
      const found = resourceFromJson(schema, json);
      if (!found.ok) {
        assert.ok(found.faults.length > 0);
        for (const fault of found.faults) {
          assert.notEqual(fault.code, "invalid_value", `a fault without a place: ${fault.message}`);
          assert.ok(hasPlace(json, fault.pointer), `${fault.pointer} leads nowhere`);
        }
        return;
      }
      validateMessage(schema, found.desc, found.message);
      factsOf(schema, found.typeUrl, found.message);
      const back = resourceFromJson(schema, resourceToJson(schema, found.typeUrl, found.value));
      assert.ok(back.ok, JSON.stringify(back.faults));
      assert.deepEqual(back.value, found.value);
    }),
    { numRuns: 1000 },
  );
});

const valid = Array.from({ length: 60 }, (_, number) =>
  resourceFromJson(schema, makeCase(schema, 6, number).resource),
).flatMap((it) => (it.ok ? [it.value] : []));

test("any bytes become deterministic ones or are refused, nothing else", () => {
  const damagedBytes = fc.tuple(fc.constantFrom(...valid), fc.nat(10_000), fc.nat(255)).map(([value, place, byte]) => {
    const damaged = value.slice();
    damaged[place % damaged.length] = byte;
    return damaged;
  });
  const types = fc.constantFrom(TYPE_URLS.listener, TYPE_URLS.cluster, TYPE_URLS.routes);
  fc.assert(
    fc.property(types, fc.oneof(damagedBytes, fc.uint8Array()), (typeUrl, value) => {
      try {
        const once = normalize(schema, typeUrl, value);
        assert.deepEqual(normalize(schema, typeUrl, once), once);
      } catch (error) {
        if (!(error instanceof EnvoyApiError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

/** A pointer names a value of the input; that of a missing one, its holder. */
function hasPlace(json: unknown, pointer: string): boolean {
  const segments = pointer
    .split("/")
    .slice(1)
    .map((it) => it.replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = json;
  for (const [index, segment] of segments.entries()) {
    if (typeof at !== "object" || at === null) return false;
    if (!Object.hasOwn(at, segment)) return index === segments.length - 1;
    at = (at as Record<string, unknown>)[segment];
  }
  return true;
}
