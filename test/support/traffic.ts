import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stopChild, withoutTestContext } from "./child.ts";

/** What a client sends, and how hard. */
export interface TrafficPlan {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** `http` is HTTP/1.1, `https` the same in TLS (any certificate will do), `tcp` lines that are echoed. */
  readonly protocol: "http" | "https" | "tcp";
  /** HTTP paths, taken in turn. */
  readonly paths: readonly string[];
  /** Response header that names who answered. `https` also knows `certificate`: the serial number of the server's. */
  readonly identity: "x-backend" | "x-authz" | "certificate";
  /** Requests are sent on time whether or not earlier ones were answered (open loop), as long as {@link maxUnderWay} allows. */
  readonly requestsPerSecond: number;
  /**
   * Requests that wait for an answer at a time. What is due beyond is held back and not made up for: else a machine that is too slow
   * for the rate gets slower with each request, until all of them time out.
   */
  readonly maxUnderWay: number;
  /** Connections kept alive from the start; more are opened when all are busy. Every second request uses a fresh one. */
  readonly keptAlive: number;
  /** An answer that takes longer is a failure; above Envoy's 15 s for a route, so that a loss shows as Envoy's. */
  readonly timeoutMs: number;
}

/** How a request was lost. Nothing is ever tried again. */
export type Failure = "status" | "refused" | "reset" | "closed" | "timeout" | "garbled";

/** A lost request, with what helps to find out why. */
export interface LostRequest {
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  readonly afterMs: number;
  readonly failure: Failure;
  readonly connection: "fresh" | "kept";
  readonly path: string;
  /** Status line, headers and body of a bad answer, or the socket's error. */
  readonly detail: string;
}

/** Who answered a request: when it was sent (milliseconds since 1970), and by whom. */
export type Answer = readonly [sentAt: number, by: string];

/** Everything that happened. */
export interface TrafficReport {
  readonly sent: number;
  readonly ok: number;
  /** Not sent, as too many were under way. */
  readonly heldBack: number;
  readonly lost: readonly LostRequest[];
  /** Connections opened, the kept ones included. */
  readonly connections: number;
  /** In the order of sending. */
  readonly answers: readonly Answer[];
  /** From first to last request sent. */
  readonly durationMs: number;
}

/** A client at work in a process of its own. */
export interface Traffic {
  /**
   * Waits until `by` answers a request that was sent at `since` or later.
   * @returns when that request was sent, in milliseconds since 1970
   */
  untilAnsweredBy(by: string, since: number, timeoutMs?: number): Promise<number>;
  /** Sends no more, waits for what is under way, reports. */
  stop(): Promise<TrafficReport>;
  /** Ends it at once, without a report. */
  kill(): Promise<void>;
}

/** What the child is told. @internal */
export type ToTraffic =
  | { readonly type: "stop" }
  | { readonly type: "watch"; readonly watch: number; readonly by: string; readonly since: number };

/** What the child tells. @internal */
export type FromTraffic =
  | { readonly type: "started" }
  | { readonly type: "seen"; readonly watch: number; readonly sentAt: number }
  | { readonly type: "report"; readonly report: TrafficReport };

/** 220 requests a second, half of them over 8 or more kept connections, half over fresh ones; above 200 to the end's wait for answers. */
export const DEFAULT_TRAFFIC: Omit<TrafficPlan, "port"> = {
  protocol: "http",
  paths: ["/"],
  identity: "x-backend",
  requestsPerSecond: 220,
  maxUnderWay: 220,
  keptAlive: 8,
  timeoutMs: 30_000,
};

/** Starts a client. */
export async function startTraffic(plan: Partial<TrafficPlan> & Pick<TrafficPlan, "port">): Promise<Traffic> {
  const program = fileURLToPath(new URL("traffic.main.ts", import.meta.url));
  const child = fork(program, [JSON.stringify({ ...DEFAULT_TRAFFIC, ...plan })], {
    env: withoutTestContext(),
    execArgv: [],
    serialization: "advanced",
  });
  const watchers = new Map<number, (sentAt: number) => void>();
  const report = Promise.withResolvers<TrafficReport>();
  const started = Promise.withResolvers<void>();
  report.promise.catch(() => {});
  child.on("message", (message: FromTraffic) => {
    if (message.type === "started") started.resolve();
    if (message.type === "report") report.resolve(message.report);
    if (message.type === "seen") watchers.get(message.watch)?.(message.sentAt);
  });
  // Not "exit", which may come before the last messages.
  child.once("disconnect", () => {
    const error = new Error("the traffic process is gone");
    started.reject(error);
    report.reject(error);
  });
  await started.promise;

  const tell = (message: ToTraffic) => void child.send(message);
  let watches = 0;
  return {
    untilAnsweredBy: async (by, since, timeoutMs = 30_000) => {
      const watch = watches++;
      const seen = Promise.withResolvers<number>();
      watchers.set(watch, seen.resolve);
      tell({ type: "watch", watch, by, since });
      const late = new Error(`no request sent since ${since} was answered by ${by} within ${timeoutMs} ms`);
      const timer = setTimeout(() => seen.reject(late), timeoutMs);
      return await seen.promise.finally(() => clearTimeout(timer));
    },
    stop: async () => {
      tell({ type: "stop" });
      return await report.promise;
    },
    kill: () => stopChild(child, "SIGKILL"),
  };
}
