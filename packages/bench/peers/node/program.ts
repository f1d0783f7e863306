import { type Control, startControl } from "./control.ts";
import { type Choice, type Options, readOptions } from "./options.ts";
import { firstSnapshot, type Snapshot } from "./snapshot.ts";

/** A peer that runs in Node. */
export interface Peer {
  readonly name: string;
  /** What `--version` prints beside the peer's name and Node's version. */
  readonly library: string;
  readonly choice?: Choice;
  readonly serve: (options: Options, latest: () => Snapshot) => Promise<Served>;
}

/** A peer that serves. */
export interface Served {
  readonly port: number;
  /** The newest snapshot is another. */
  readonly onChange: () => void;
}

/**
 * Runs a peer as a program: flags in, one line of JSON out when it serves, and it ends on SIGTERM, on SIGINT, and when its
 * standard input closes.
 */
export async function runPeer(peer: Peer): Promise<void> {
  const options = readOrExit(peer);
  if (options === "version") {
    process.stdout.write(`${peer.name} ${peer.library} (node ${process.versions.node})\n`);
    return;
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
  process.stdin.resume().once("end", () => process.exit(0));
  try {
    const { control, served } = await start(peer, options);
    process.stdout.write(`${JSON.stringify({ xds: served.port, control: control.port, pid: process.pid })}\n`);
  } catch (error) {
    fail(peer, error, 1);
  }
}

async function start(peer: Peer, options: Options): Promise<{ control: Control; served: Served }> {
  let served: Served | undefined;
  const first = firstSnapshot(options.shape);
  const control = await startControl(options.controlPort, first, () => served?.onChange());
  served = await peer.serve(options, control.latest);
  return { control, served };
}

function readOrExit(peer: Peer): Options | "version" {
  try {
    return readOptions(process.argv.slice(2), peer.choice);
  } catch (error) {
    return fail(peer, error, 2);
  }
}

function fail({ name }: Peer, error: unknown, code: number): never {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(code);
}
