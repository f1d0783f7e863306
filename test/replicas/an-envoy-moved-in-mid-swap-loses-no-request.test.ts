import { test } from "node:test";
import { type ControlPlane, putResources } from "../support/control-plane.ts";
import { startEtcd } from "../support/etcd.ts";
import { inModes, testWithEnvoy, wantedModes } from "../support/lab.ts";
import { disturbSwaps, rendezvous } from "../support/mid-swap.ts";
import { requireTool } from "../support/tools.ts";
import { openEither } from "./support/either.ts";
import { type ReplicaProcess, startReplicas } from "./support/replica-set.ts";

/** From a commit to the end of the replica that the Envoys are at. */
const delaysMs = [0, 30, 1_000];
/** The modes whose clients rely most on what a replica knows of another's past. */
const modes = wantedModes().filter((mode) => mode.startsWith("ads"));

/** Two replicas behind one address, which leads to the one that serves. */
interface Pair extends ControlPlane {
  /** Ends the replica that serves: proxies come to the other. Every third time that one was only just started, and knows only the store. */
  move(index: number): Promise<void>;
}

const title = "an Envoy is moved to another replica in the middle of a swap";
const etcdTool = requireTool("etcd");
if ("skip" in etcdTool) test(title, (t) => t.skip(etcdTool.skip));
else {
  testWithEnvoy(
    title,
    (folder) => startPair(etcdTool.path, folder),
    async (lab, binary, t) => {
      const together = rendezvous(modes.length);
      await inModes(modes, lab, binary, t, (stage) =>
        disturbSwaps(stage, {
          delaysMs,
          together,
          write: ({ put }, resources) => put(resources),
          disturb: (plane, index) => plane.move(index),
        }),
      );
    },
  );
}

async function startPair(program: string, folder: string): Promise<Pair> {
  await using parts = new AsyncDisposableStack();
  const etcd = parts.adopt(await startEtcd(program), (started) => started.close());
  const replicas = await startReplicas(etcd, { count: 2, folder });
  for (const replica of replicas) parts.defer(() => replica.stop("SIGKILL"));
  let [serving, other] = replicas as [ReplicaProcess, ReplicaProcess];
  const way = parts.adopt(await openEither(() => [serving.xdsPort, other.xdsPort]), (open) => open.close());
  const kept = parts.move();
  return {
    xdsPort: way.port,
    logPath: serving.logPath,
    put: (group, resources) => putResources(serving.adminUrl, group, resources),
    stop: () => kept.disposeAsync(),
    async move(index) {
      [serving, other] = [other, serving];
      const isFresh = index % 3 === 2;
      await Promise.all([other.stop(index % 2 === 0 ? "SIGKILL" : "SIGTERM"), isFresh && serving.stop("SIGKILL")]);
      if (isFresh) await serving.start();
      await other.start();
    },
  };
}
