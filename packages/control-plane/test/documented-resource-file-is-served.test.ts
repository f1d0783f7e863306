import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../src/config/config.ts";
import { openFiles } from "./support/files.ts";

const docs = readFileSync(new URL("../../../docs/resource-files.md", import.meta.url), "utf8");
const [example, expiring] = [...docs.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
const programs = { schema: loadSchema, limits: configOf().programs };

test("the program in docs/resource-files.md is served as it stands", async (t) => {
  const [, example] = /```ts\n(.*?)```/s.exec(docs)!;
  const files = await openFiles(t, { "edge/example.ts": example! }, { programs });
  assert.deepEqual(files.rules("edge"), []);
  assert.deepEqual(files.names("edge"), ["edge-cart", "edge-search"]);
});

test("examples/typescript is served as it stands", async (t) => {
  const root = fileURLToPath(new URL("../../../examples/typescript", import.meta.url));
  const files = await openFiles(t, {}, { programs, root });
  assert.deepEqual(files.rules(), []);
  assert.deepEqual(files.names(), ["default-cart", "default-search"]);
});

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
