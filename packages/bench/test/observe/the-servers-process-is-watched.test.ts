import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import { observe } from "../../src/observe/observe.ts";

test("CPU, memory and threads of a process and its children are seen, until it is gone", {
  timeout: 30_000,
}, async (t) => {
  // The child works: what is asked for is the parent.
  const parent = spawn("sh", ["-c", `"${process.execPath}" -e 'while(true);' & echo $!; wait`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const child = Number(String(line));
  t.after(() => kill(child));
  const observer = await observe({ pid: parent.pid! });
  assert.equal(observer?.source, "proc");
  const first = await observer.sample();
  assert.ok(first !== null && first.rssBytes > 2 ** 20 && first.threads! >= 2);
  const later = await until(async () => {
    const sample = await observer.sample();
    return sample !== null && sample.cpuMs >= first.cpuMs + 50 ? sample : undefined;
  });
  assert.ok(later.atMs > first.atMs);
  kill(child);
  await once(parent, "exit");
  assert.equal(await observer.sample(), null);
  assert.match(observer.fault ?? "", new RegExp(`process ${parent.pid}`));
  await assert.rejects(observe({ pid: parent.pid! }), (error) => {
    assert.ok(error instanceof BenchError && error.code === "bad-plan");
    assert.match(error.message, new RegExp(`server\\.pid: there is no process ${parent.pid}`));
    return true;
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
  }
}
