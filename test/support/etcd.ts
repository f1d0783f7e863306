import { once } from "node:events";
import { get as getPlain, type IncomingMessage } from "node:http";
import { Agent, get as getSecure } from "node:https";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { type Child, startChild, tail } from "./child.ts";
import { type CuttableLink, openLink } from "./cuttable-link.ts";
import { freePort } from "./free-port.ts";
import { makeScratch } from "./scratch.ts";
import { waitFor } from "./wait-for.ts";

/** How an etcd is started. */
export interface EtcdOptions {
  /** How many members: 1, or 3 where one may be missing. Default 1. */
  readonly members?: 1 | 3;
  /** More flags for every member: `--quota-backend-bytes=…`. */
  readonly flags?: readonly string[];
  /** PEM: by which to ask it if it is there, where flags have it served with TLS under the name `localhost`. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** One server of an etcd cluster. */
export interface EtcdMember {
  readonly name: string;
  /** `127.0.0.1:PORT`, where clients connect. */
  readonly endpoint: string;
  readonly logPath: string;
  readonly isRunning: boolean;
  /** Starts it again, with the data that it had; resolves when it answers (a member without a majority does not: then `waits` is false). */
  start(waits?: boolean): Promise<void>;
  /** SIGTERM: hands its leadership over. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** A way of one client to all members, which a test can break without harming others. */
export interface EtcdLink {
  /** `127.0.0.1:PORT` of each member, by way of this link. */
  readonly endpoints: readonly string[];
  /** As the `--store` of a replica behind this link: `etcd://HOST:PORT,…`. */
  readonly url: string;
  /** By member, in their order. */
  readonly ways: readonly CuttableLink[];
  /** Connections to all members are cut, and refused. */
  refuse(): void;
  /** Nothing gets through, and nobody is told. */
  blackhole(): void;
  /** What is sent arrives, and no answer comes back. */
  mute(): void;
  heal(): void;
}

/** An etcd on the loopback, its data in a temporary folder. */
export interface Etcd {
  readonly members: readonly EtcdMember[];
  /** `127.0.0.1:PORT` of each member, without a way between. */
  readonly endpoints: readonly string[];
  /** As `--store`: `etcd://HOST:PORT,…`. */
  readonly url: string;
  /** The member that leads; waits for one. */
  leader(): Promise<EtcdMember>;
  /** Opens a way of its own for one client. */
  link(): Promise<EtcdLink>;
  /** Ends all members and links, and removes the data. */
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 1_000;

/**
 * Starts etcd and waits until it answers.
 *
 * @param program from `requireTool("etcd")`
 */
export async function startEtcd(program: string, options: EtcdOptions = {}): Promise<Etcd> {
  const { members: count = 1 } = options;
  const scratch = makeScratch("etcd");
  const places: Place[] = [];
  for (let i = 0; i < count; i++) {
    places.push({ name: `m${i}`, clientPort: await freePort(), peerPort: await freePort() });
  }
  const members = places.map((place) => createMember(program, scratch.path, place, places, options));
  const links: EtcdLink[] = [];
  const endpoints = members.map(({ endpoint }) => endpoint);
  await Promise.all(members.map((member) => member.start()));
  return {
    members,
    endpoints,
    url: urlOf(endpoints),
    leader: () => waitFor("an etcd member that leads", () => findLeader(members)),
    async link() {
      const link = linkOf(await Promise.all(places.map(({ clientPort }) => openLink(clientPort))));
      links.push(link);
      return link;
    },
    async close() {
      await Promise.all(links.flatMap(({ ways }) => ways.map((way) => way.close())));
      await Promise.all(members.map((member) => member.kill()));
      scratch.remove();
    },
  };
}

interface Place {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

function createMember(
  program: string,
  folder: string,
  place: Place,
  places: readonly Place[],
  { flags = [], tls }: EtcdOptions,
): EtcdMember {
  const logPath = join(folder, `${place.name}.log`);
  const clientUrl = `${tls ? "https" : "http"}://127.0.0.1:${place.clientPort}`;
  const args = [
    `--name=${place.name}`,
    `--data-dir=${join(folder, place.name)}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl(place)}`,
    `--initial-advertise-peer-urls=${peerUrl(place)}`,
    `--initial-cluster=${places.map((other) => `${other.name}=${peerUrl(other)}`).join(",")}`,
    ...flags,
  ];
  let child: Child | undefined;
  const end = async (signal: NodeJS.Signals) => {
    await child?.stop(signal);
    child = undefined;
  };
  return {
    name: place.name,
    endpoint: `127.0.0.1:${place.clientPort}`,
    logPath,
    get isRunning() {
      return child !== undefined;
    },
    async start(waits = true) {
      child ??= startChild(program, args, logPath);
      if (!waits) return;
      const { process } = child;
      await waitFor(
        () => `etcd ${place.name} to answer; its log: ${logPath}\n${tail(logPath)}`,
        async () => process.exitCode !== null || (await isHealthy(clientUrl, tls)),
      );
      if (process.exitCode !== null) throw new Error(`etcd ended with ${process.exitCode}:\n${tail(logPath)}`);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function linkOf(ways: readonly CuttableLink[]): EtcdLink {
  const endpoints = ways.map(({ port }) => `127.0.0.1:${port}`);
  const all = (does: (way: CuttableLink) => void) => () => ways.forEach(does);
  return {
    endpoints,
    url: urlOf(endpoints),
    ways,
    refuse: all((way) => way.refuse()),
    blackhole: all((way) => way.blackhole()),
    mute: all((way) => way.mute()),
    heal: all((way) => way.heal()),
  };
}

function urlOf(endpoints: readonly string[]): string {
  return `etcd://${endpoints.join(",")}`;
}

function peerUrl({ peerPort }: Place): string {
  return `http://127.0.0.1:${peerPort}`;
}

/** Asks by etcd's JSON gateway, so that this needs no client. A member says so of itself, also one that was just cut off. */
async function findLeader(members: readonly EtcdMember[]): Promise<EtcdMember | undefined> {
  for (const member of members.filter(({ isRunning }) => isRunning)) {
    const status = await statusOf(member).catch(() => undefined);
    if (status?.leader !== undefined && status.leader === status.header.member_id) return member;
  }
  return undefined;
}

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
}

async function statusOf({ endpoint }: EtcdMember): Promise<Status> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const url = `http://${endpoint}/v3/maintenance/status`;
  const response = await fetch(url, { method: "POST", body: "{}", signal });
  return (await response.json()) as Status;
}

async function isHealthy(url: string, tls: EtcdOptions["tls"]): Promise<boolean> {
  const timeout = ANSWER_TIMEOUT_MS;
  const agent = new Agent({ ...tls, servername: "localhost" });
  const request = tls ? getSecure(`${url}/health`, { timeout, agent }) : getPlain(`${url}/health`, { timeout });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return ((await json(response)) as { health: string }).health === "true";
}
