import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutTestContext } from "../support/child.ts";
import { startFairlead } from "../support/control-plane.ts";
import { startEnvoy } from "../support/envoy.ts";
import { testWithEnvoy } from "../support/lab.ts";
import { assignment, edsCluster, type Resource } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = fileURLToPath(new URL("../../packages/control-plane/src/cli/main.ts", import.meta.url));

testWithEnvoy(
  "apply --wait ends with 0 when Envoy accepts, and with 1 and Envoy's own words when it rejects",
  (folder) => startFairlead({ folder }),
  async ({ plane, backends, folder }, binary) => {
    const mode = "ads-delta";
    const options = { binary, mode, xdsPort: plane.xdsPort, nodeId: "edge-1", nodeCluster: "edge", folder } as const;
    const good = [edsCluster(mode, "good"), assignment("good", [backends.pick("http", 0).port])];
    const apply = async (resources: readonly Resource[]) => {
      const file = join(folder, "apply.json");
      writeFileSync(file, JSON.stringify({ resources }));
      return await run(["apply", file, "--group", "edge", "--wait", "--admin", plane.adminUrl]);
    };
    assert.equal((await apply([edsCluster(mode, "first"), assignment("first", [])])).code, 0);
    await using stack = new AsyncDisposableStack();
    const envoy = stack.adopt(await startEnvoy(options), (started) => started.stop());
    await waitFor("Envoy to hold the first cluster", async () => {
      const { active, warming } = await envoy.dynamicClusters();
      return active.has("first") || warming.has("first");
    });

    const accepted = await apply(good);
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.match(accepted.stdout, /edge: 2 added\n/);
    assert.match(accepted.stdout, /accepted by edge-1\n/);
    assert.ok((await envoy.dynamicClusters()).active.has("good"), "what was waited for is there");

    const rejected = await apply([edsCluster(mode, "bad", undefined, { lb_policy: "CLUSTER_PROVIDED" })]);
    assert.equal(rejected.code, 1);
    assert.match(rejected.stderr, /rejected by edge-1:/);
    assert.match(rejected.stderr, /edge-1 \(127\.0\.0\.1:\d+\) cds( bad)?: .*cluster provided LB specified/i);

    const mended = await apply([edsCluster(mode, "bad"), assignment("bad", [backends.pick("http", 1).port])]);
    assert.equal(mended.code, 0, mended.stderr);
  },
);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): Promise<Ended> {
  const env = { ...withoutTestContext(), NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
