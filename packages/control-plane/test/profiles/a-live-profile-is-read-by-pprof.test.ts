import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { requireTool } from "../../../../test/support/tools.ts";
import { fairlead, runFairlead } from "../support/cli.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const run = promisify(execFile);

test("a running `fairlead serve` is profiled under load, and pprof reads what it answers", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "fairlead-profiles-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const { admin, xds } = await serve(t, dir);
  const load = keepBusy(t, admin, xds);
  await until("changes arrive", () => load.changes() > 3);

  await t.test("CPU: functions with their files and lines, waiting apart, no path of this machine", async (t) => {
    const file = join(dir, "cpu.pb.gz");
    const { code, stderr } = await runFairlead(t, ["profile", "--seconds", "2", "-o", file, "--admin", admin]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /cpu\.pb\.gz: \d+ kB; go tool pprof -top /);

    const { texts, samples, locations } = decode(file);
    assert.ok(samples > 20 && locations > 20, `${samples} samples, ${locations} locations`);
    assert.ok(texts.includes("(idle)"));
    assert.ok(texts.some((text) => /^@fairlead\/xds\/src\/.+\.ts$/.test(text)));
    assert.ok(texts.some((text) => /^node:internal\//.test(text)));
    assert.deepEqual(
      texts.filter((text) => text.includes(ROOT) || text.includes("file:")),
      [],
    );

    const pprof = requireTool("pprof");
    if ("skip" in pprof) return t.skip(pprof.skip);
    const raw = await read(pprof.path, "-raw", file);
    assert.match(raw, /^PeriodType: cpu nanoseconds\nPeriod: 1000000\n/m);
    assert.match(raw, /\nsamples\/count wall\/nanoseconds cpu\/nanoseconds\n/);
    const values = [...raw.matchAll(/^\s+(\d+)\s+(\d+)\s+(\d+): [\d ]+$/gm)].map((line) =>
      line.slice(1, 4).map(Number),
    );
    const cpuS = values.reduce((sum, [, , cpu]) => sum + cpu!, 0) / 1e9;
    const [, toldS] = /CPU of this thread: ([\d.]+) s/.exec(raw) ?? [];
    assert.ok(Math.abs(cpuS - Number(toldS)) < 0.02, `${cpuS} s by sample, ${toldS} s by the system`);
    assert.ok(
      values.some(([samples, wall, cpu]) => samples! > 0 && wall! > 0 && cpu === 0),
      "waiting costs no CPU",
    );

    const top = await read(pprof.path, "-top", file);
    assert.match(top, /\nType: cpu\n/);
    assert.match(top, /\n +[\d.]+m?s .*\(fairlead\/src\/|\n +[\d.]+m?s .*\(@fairlead\/xds\/src\//);
    assert.doesNotMatch(top, /\(idle\)/);
    assert.match(await read(pprof.path, "-top", "-sample_index=wall", file), /\(idle\)/);
    assert.match(await read(pprof.path, "-top", "-lines", "-nodefraction=0", file), /\.ts:\d+\n/);
  });

  await t.test("heap: who allocated what is in use, since the start or in a time", async (t) => {
    const file = join(dir, "heap.pb.gz");
    for (const extra of [[], ["--seconds", "1"]]) {
      const { code, stderr } = await runFairlead(t, ["profile", "--heap", "-o", file, "--admin", admin, ...extra]);
      assert.equal(code, 0, stderr);
      const { texts, samples } = decode(file);
      assert.ok(texts.includes("inuse_space") && texts.some((text) => /^now: heap .*array buffers/.test(text)));
      if (extra.length === 0) assert.ok(samples > 5, `${samples} samples`);
      const pprof = requireTool("pprof");
      if ("skip" in pprof) return t.skip(pprof.skip);
      const raw = await read(pprof.path, "-raw", file);
      assert.match(
        raw,
        /^PeriodType: space bytes\nPeriod: 524288\n[\s\S]*\ninuse_samples\/count inuse_space\/bytes\n/m,
      );
      if (extra.length === 0)
        assert.match(await read(pprof.path, "-top", file), /Type: inuse_space\n[\s\S]*\(\S+\/\S+\)\n/);
    }
  });

  await t.test("pprof asks the server itself", async (t) => {
    const pprof = requireTool("pprof");
    if ("skip" in pprof) return t.skip(pprof.skip);
    const top = await read(pprof.path, "-top", "-seconds", "1", `${admin}/debug/pprof/profile`);
    assert.match(top, /File: fairlead\n[\s\S]*Type: cpu\n/);
  });

  async function read(pprof: string, ...args: readonly string[]): Promise<string> {
    return (await run(pprof, args, { env: { ...process.env, PPROF_TMPDIR: dir } })).stdout;
  }
});

/** Starts a real control plane with one cluster. */
async function serve(t: TestContext, dir: string) {
  writeFileSync(join(dir, "a.yaml"), fileOf(cluster("a")));
  const command = fairlead(t, ["serve", dir, "--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--no-data-dir"]);
  await command.prints(/"msg":"ready"/);
  return JSON.parse(command.output.stdout.split("\n", 1)[0]!) as { xds: string; admin: string };
}

/** Proxies that follow a group, and changes of it, until the end of the test. */
function keepBusy(t: TestContext, admin: string, xds: string) {
  const proxies = ["a", "b", "c", "d"].map((id) => createXdsClient({ target: xds, node: { id }, mode: "sotw" }));
  let changes = 0;
  for (const proxy of proxies) {
    proxy.watch(TYPE_URLS.cluster, "*", { onResponse: () => void changes++ });
  }
  const end = new AbortController();
  const change = async () => {
    for (let round = 1; !end.signal.aborted; round++) {
      const resources = Array.from({ length: 50 }, (_, index) => cluster(`c${index}`, `${round}s`));
      const response = await fetch(`${admin}/v1/groups/default/resources`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ resources }),
      });
      assert.equal(response.status, 200, await response.text());
    }
  };
  const changing = change().catch((error: unknown) => assert.ok(end.signal.aborted, String(error)));
  t.after(async () => {
    end.abort(); // the control plane may have ended before
    await changing;
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });
  return { changes: () => changes };
}

/** Reads a profile without pprof: its texts, and how much there is. */
function decode(file: string) {
  const reader = new BinaryReader(gunzipSync(readFileSync(file)));
  const texts: string[] = [];
  const counts = new Map<number, number>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    counts.set(field, (counts.get(field) ?? 0) + 1);
    if (field === 6 && type === WireType.LengthDelimited) texts.push(reader.string());
    else reader.skip(type, field);
  }
  assert.equal(texts[0], "");
  return { texts, samples: counts.get(2) ?? 0, locations: counts.get(4) ?? 0 };
}
