// What the edge costs by itself, of this checkout and of others beside it, in turns:
// node packages/xds/scripts/measure-edge/main.ts [--against DIR,…] [--streams 500] [--idle 5000] [--bytes 10240] [--rounds 3] [--tls]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeCertificate } from "../../test/support/certificates.ts";
import { openClients } from "./clients.ts";
import type { Command, Look } from "./server.ts";

const here = fileURLToPath(new URL("../../../..", import.meta.url));
const { values: flags } = parseArgs({
  options: {
    against: { type: "string", default: "" },
    streams: { type: "string", default: "500" },
    idle: { type: "string", default: "5000" },
    bytes: { type: "string", default: "10240" },
    rounds: { type: "string", default: "3" },
    tls: { type: "boolean", default: false },
  },
});
/** Pushes before it is measured, and while it is. */
const warmUp = 60;
const measured = 60;

const authority = makeCertificate("authority");
const server = makeCertificate("server", { issuer: authority, sans: [["IP", "127.0.0.1"]] });
const client = makeCertificate("client", { issuer: authority });
const pem = (text: string) => ({ pem: text });
const listenOptions = flags.tls
  ? { tls: { cert: pem(server.cert), key: pem(server.key), clientCa: pem(authority.cert) } }
  : {};
const clientTls = flags.tls ? { ca: authority.cert, cert: client.cert, key: client.key } : undefined;

for (let round = 0; round < Number(flags.rounds); round++) {
  for (const root of [here, ...flags.against.split(",").filter((dir) => dir !== "")]) await measure(root);
}
process.exit(0);

async function measure(root: string): Promise<void> {
  const [streams, idleStreams, bytes] = [Number(flags.streams), Number(flags.idle), Number(flags.bytes)];
  const busy = await start(root);
  await openClients(busy.port, streams, clientTls);
  await ask(busy.child, { streams, push: { rounds: warmUp, bytes } });
  const { cpuUs } = await ask(busy.child, { streams, push: { rounds: measured, bytes } });
  busy.child.kill();
  const idle = await start(root);
  const before = await ask(idle.child, { streams: 0 });
  await openClients(idle.port, idleStreams, clientTls);
  await ask(idle.child, { streams: idleStreams, push: { rounds: 1, bytes } });
  const after = await ask(idle.child, { streams: idleStreams });
  idle.child.kill();
  const perStream = (after.rssKiB - before.rssKiB) / idleStreams;
  const cpu = `${cpuUs.toFixed(1)} µs of CPU a push and its answer (${streams} streams, ${bytes} bytes)`;
  process.stdout.write(`${root}: ${cpu}, ${perStream.toFixed(1)} KiB a stream (${idleStreams})\n`);
}

async function start(root: string): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)), [root, JSON.stringify(listenOptions)], {
    execArgv: ["--expose-gc"],
  });
  const [{ port }] = (await once(child, "message")) as [{ readonly port: number }];
  return { child, port };
}

async function ask(child: ChildProcess, command: Command): Promise<Look> {
  child.send(command);
  const [look] = (await once(child, "message")) as [Look];
  return look;
}
