import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openFiles } from "./support/files.ts";

test("the example in docs/resource-files.md is served as it stands", async (t) => {
  const docs = readFileSync(new URL("../../../docs/resource-files.md", import.meta.url), "utf8");
  const [, example] = /```yaml\n(.*?)```/s.exec(docs)!;
  const files = await openFiles(t, { "example.yaml": example! });
  assert.deepEqual(files.rules(), []);
  assert.deepEqual(files.names(), ["backend"]);
  const host = files.store.state().groups.get("default")?.types.get(TYPE_URLS.virtualHost)?.get("routes/shop.example");
  assert.deepEqual(host?.resource.aliases, ["routes/www.shop.example"]);
});
