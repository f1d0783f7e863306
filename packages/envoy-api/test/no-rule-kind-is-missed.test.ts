import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";
import { loadSchema, ruleKinds, uncoveredRuleKinds } from "@fairlead/envoy-api";
import { schemaWith } from "./schema-with.ts";

test("Envoy's API states no kind of rule that is not covered", () => {
  assert.ok((ruleKinds(loadSchema()).get("string.min_len") ?? 0) > 200, "the walk itself works");
  assert.deepEqual(uncoveredRuleKinds(loadSchema()), []);
});

test("a kind that is not covered is named, also below items", () => {
  const email = { case: "string", value: { wellKnown: { case: "email", value: true } } } as const;
  const plain = schemaWith({ fields: [{ field: { type: Type.STRING }, rules: { type: email } }] });
  assert.deepEqual(uncoveredRuleKinds(plain), ["string.email"]);
  const listed = { case: "repeated", value: { items: { type: email } } } as const;
  const nested = schemaWith({ fields: [{ field: { type: Type.STRING, label: 3 }, rules: { type: listed } }] });
  assert.deepEqual(uncoveredRuleKinds(nested), ["string.email"]);
});
