import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvoyApiError, factsOf, loadSchema, NO_FACTS, TYPE_URLS } from "@fairlead/envoy-api";
import { LISTENER, read } from "./reads.ts";

const row = { message: LISTENER, field: "stat_prefix", to: TYPE_URLS.cluster };

test("a row of one's own is applied by the schema that has it, and only by that", () => {
  const listener = read(LISTENER, { name: "l", stat_prefix: "mine" });
  const extended = loadSchema().withReferences([row]);
  assert.deepEqual(factsOf(extended, listener.typeUrl, listener.message).references, [
    { typeUrl: TYPE_URLS.cluster, name: "mine", pointer: "/statPrefix" },
  ]);
  assert.equal(factsOf(loadSchema(), listener.typeUrl, listener.message), NO_FACTS);
});

test("a row that names no field of the schema is refused", () => {
  const wrong = { ...row, field: "stat_prefixx" };
  assert.throws(
    () => loadSchema().withReferences([wrong]),
    (error) => error instanceof EnvoyApiError && error.code === "field_unknown",
  );
});
