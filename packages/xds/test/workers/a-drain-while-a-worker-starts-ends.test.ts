import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { startServer } from "../server/started-server.ts";
import { makeCertificate } from "../support/certificates.ts";

test("told to drain while a worker is being replaced, and has not read its certificate yet, a server drains", {
  timeout: 30_000,
}, async (t) => {
  const threads: Worker[] = [];
  const onWorker = (thread: Worker) => void threads.push(thread);
  process.on("worker", onWorker);
  t.after(() => process.off("worker", onWorker));
  const { server } = await startServer(t, { workers: 1, listen: { port: 0, tls: tlsFiles(t) } });
  const replacement = once(process, "worker");
  await threads[0]!.terminate();
  await replacement;
  await server.drain();
});

function tlsFiles(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const own = makeCertificate("server", { sans: [["IP", "127.0.0.1"]] });
  const [cert, key] = [{ file: join(directory, "cert.pem") }, { file: join(directory, "key.pem") }];
  writeFileSync(cert.file, own.cert);
  writeFileSync(key.file, own.key);
  return { cert, key };
}
