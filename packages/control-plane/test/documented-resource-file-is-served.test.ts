import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openFiles } from "./support/files.ts";

const docs = readFileSync(new URL("../../../docs/resource-files.md", import.meta.url), "utf8");
const [example, expiring] = [...docs.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);

test("the example in docs/resource-files.md is served as it stands", async (t) => {
  const files = await openFiles(t, { "example.yaml": example! });
  assert.deepEqual(files.rules(), []);
  assert.deepEqual(files.names(), ["backend"]);
  const host = files.store.state().groups.get("default")?.types.get(TYPE_URLS.virtualHost)?.get("routes/shop.example");
  assert.deepEqual(host?.resource.aliases, ["routes/www.shop.example"]);
});

test("its example of what expires is served with its time to live, and less than a second is refused", async (t) => {
  const files = await openFiles(t, { "faults.yaml": expiring! });
  assert.deepEqual(files.rules(), []);
  const runtime = files.store.state().groups.get("default")?.types.get(TYPE_URLS.runtime)?.get("faults");
  assert.equal(runtime?.resource.ttlMs, 60_000);
  const short = await openFiles(t, { "faults.yaml": expiring!.replace("60s", "0.9s") });
  assert.deepEqual(short.rules(), ["ttl.too-short"]);
});
