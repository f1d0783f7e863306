import assert from "node:assert/strict";
import { test } from "node:test";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import { createXdsServer } from "../../src/server/xds-server.ts";
import { startServer } from "../server/started-server.ts";

const source = new SnapshotCache();

test("a second server on the port fails, with workers or without, and the port is free again at the end", async (t) => {
  const { server } = await startServer(t, { workers: 2 });
  const { port } = server.address;
  for (const workers of [0, 1]) {
    await assert.rejects(createXdsServer({ source, listen: { port }, workers }), {
      code: "listen-failed",
      message: /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
    });
  }
  await server.close();
  const next = await createXdsServer({ source, listen: { port }, workers: 1 });
  await next.close();
});

test("of two that start at the same moment one gets the port", async (t) => {
  const { server } = await startServer(t);
  const { port } = server.address;
  await server.close();
  const results = await Promise.allSettled([1, 2].map(() => createXdsServer({ source, listen: { port }, workers: 1 })));
  const started = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  for (const one of started) t.after(() => one.close());
  assert.equal(started.length, 1);
});

test("what cannot be is refused before anything starts", async () => {
  for (const workers of [-1, 1.5, 65]) {
    await assert.rejects(createXdsServer({ source, listen: { port: 0 }, workers }), { code: "invalid-limit" });
  }
  const limits = { evictAfterMs: -1 };
  await assert.rejects(createXdsServer({ source, listen: { port: 0, limits }, workers: 2 }), { code: "invalid-limit" });
  const missing = { file: "/does/not/exist.pem" };
  const tls = { cert: missing, key: missing };
  await assert.rejects(createXdsServer({ source, listen: { port: 0, tls }, workers: 2 }), {
    code: "tls-invalid",
    message: /exist\.pem/,
  });
});
