import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EnvoyApiError, loadSchema, schemaFrom, TYPE_URLS } from "@fairlead/envoy-api";

const descriptors = new URL("../gen/envoy.binpb", import.meta.url);

test("importing the package reads no descriptors", () => {
  const program = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const read = fs.readFileSync;
    fs.readFileSync = (path, ...rest) => { if (String(path).endsWith("envoy.binpb")) console.log("read"); return read(path, ...rest); };
    syncBuiltinESMExports();
    const { loadSchema } = await import("@fairlead/envoy-api");
    console.log("imported");
    loadSchema();
    loadSchema();
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    cwd: new URL(".", import.meta.url),
  });
  assert.deepEqual(output.trim().split("\n"), ["imported", "read"]);
});

test("the schema knows every type that xDS serves, but rate limit configurations", () => {
  const missing = Object.entries(TYPE_URLS).filter(([, typeUrl]) => loadSchema().messageOf(typeUrl) === undefined);
  assert.deepEqual(
    missing.map(([kind]) => kind),
    ["rateLimitConfig"],
  );
});

test("another descriptor set makes a schema of its own", () => {
  const other = schemaFrom(readFileSync(descriptors));
  assert.notEqual(other.messageOf(TYPE_URLS.cluster), loadSchema().messageOf(TYPE_URLS.cluster));
  assert.equal(other.messageOf(TYPE_URLS.cluster)?.typeName, "envoy.config.cluster.v3.Cluster");
});

test("bytes that are no descriptor set are refused", () => {
  const bytes = readFileSync(descriptors).subarray(0, 1000);
  assert.throws(
    () => schemaFrom(bytes),
    (error) => error instanceof EnvoyApiError && error.code === "schema_invalid",
  );
});
