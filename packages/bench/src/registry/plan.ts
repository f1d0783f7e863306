import { BenchError } from "../errors.ts";
import { parseDuration } from "../plan/units.ts";

/** How heartbeats come: a request each, a request for a batch of them, or messages on gRPC streams. */
export const WAYS = ["rest", "batch", "stream"] as const;

/** One of {@link WAYS}. */
export type Way = (typeof WAYS)[number];

/** What a run of `fairlead bench registry` does. */
export interface RegistryPlan {
  /** Base URL of the admin API, without a slash at its end. */
  readonly adminUrl: string;
  /** `HOST:PORT` where the gRPC service is: the port of xDS. */
  readonly target: string;
  readonly way: Way;
  readonly instances: number;
  /** Instances are dealt over so many services. */
  readonly services: number;
  /** Each instance beats once in this time, ms. */
  readonly intervalMs: number;
  /** How long they beat, ms. */
  readonly forMs: number;
  /** Connections of REST, or streams: agents, each of which beats for its share of the instances. */
  readonly connections: number;
  /** Heartbeats of one message; 1 by REST. */
  readonly batch: number;
  /** Process whose CPU time and memory are told; `undefined`: by the server's own metrics. */
  readonly pid: number | undefined;
}

/** The flags of `fairlead bench registry`, as text. */
export interface RegistryFlags {
  readonly admin: string;
  readonly target: string;
  readonly by: Way;
  readonly instances: string;
  readonly services?: string;
  readonly interval: string;
  readonly for: string;
  readonly connections?: string;
  readonly batch?: string;
  readonly pid?: string;
}

const MAX_INSTANCES = 1_000_000;
const INSTANCES_PER_SERVICE = 100;
const CONNECTIONS: Readonly<Record<Way, number>> = { rest: 64, batch: 4, stream: 10 };
const BATCH: Readonly<Record<Way, number>> = { rest: 1, batch: 100, stream: 1 };

/** Reads the flags. @throws BenchError `bad-plan`, with all that is wrong */
export function readRegistryFlags(flags: RegistryFlags): RegistryPlan {
  const faults: string[] = [];
  const count = (flag: string, text: string, most: number) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    faults.push(`--${flag} ${text}: a whole number from 1 to ${most} is needed`);
    return 1;
  };
  const duration = (flag: string, text: string) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0) return ms;
    faults.push(`--${flag} ${text}: a duration is needed, for example 10s`);
    return 1;
  };
  const { admin, target, by } = flags;
  if (!URL.canParse(admin) || new URL(admin).protocol !== "http:")
    faults.push(`--admin ${admin}: a URL without TLS is needed, for example http://127.0.0.1:18001`);
  const instances = count("instances", flags.instances, MAX_INSTANCES);
  const services = flags.services ?? String(Math.ceil(instances / INSTANCES_PER_SERVICE));
  const plan: RegistryPlan = {
    adminUrl: admin.replace(/\/+$/, ""),
    target,
    way: by,
    instances,
    services: count("services", services, instances),
    intervalMs: duration("interval", flags.interval),
    forMs: duration("for", flags.for),
    connections: count("connections", flags.connections ?? String(CONNECTIONS[by]), 10_000),
    batch: count("batch", flags.batch ?? String(BATCH[by]), 1_000),
    pid: flags.pid === undefined ? undefined : count("pid", flags.pid, 2 ** 22),
  };
  if (by === "rest" && plan.batch !== 1)
    faults.push(`--batch ${plan.batch}: by rest each heartbeat is a request; use --by batch`);
  if (faults.length > 0) throw new BenchError("bad-plan", faults.join("\n"));
  return plan;
}
