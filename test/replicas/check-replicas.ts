// Kills and cuts what three replicas stand on, for longer than tests do, and prints what came of it:
// `npm run check:replicas -- [--leader-kills N] [--streams N] [--cut-off-ms N] [--pause-ms N]`.
import { parseArgs } from "node:util";
import { startEtcd } from "../support/etcd.ts";
import { makeScratch } from "../support/scratch.ts";
import { requireTool } from "../support/tools.ts";
import { runChaos } from "./support/chaos.ts";
import { startReplicas } from "./support/replica-set.ts";

const { values } = parseArgs({
  options: {
    "leader-kills": { type: "string", default: "50" },
    streams: { type: "string", default: "600" },
    "cut-off-ms": { type: "string", default: "30000" },
    "pause-ms": { type: "string", default: "100" },
  },
});
const tool = requireTool("etcd");
if ("skip" in tool) throw new Error(tool.skip);
const scratch = makeScratch("check-replicas");
const etcd = await startEtcd(tool.path, { members: 3 });
const replicas = await startReplicas(etcd, { count: 3, folder: scratch.path });
try {
  const report = await runChaos(etcd, replicas, {
    streams: Number(values.streams),
    leaderKills: Number(values["leader-kills"]),
    cutOffMs: Number(values["cut-off-ms"]),
    pauseMs: Number(values["pause-ms"]),
    tell: (text) => process.stdout.write(`${text}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  process.exitCode = report.faults.length > 0 ? 1 : 0;
} finally {
  await Promise.all(replicas.map((replica) => replica.stop("SIGKILL")));
  await etcd.close();
  if (process.exitCode === 0) scratch.remove();
  else process.stdout.write(`logs kept in ${scratch.path}\n`);
}
