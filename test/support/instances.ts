import assert from "node:assert/strict";

/** What runs and is announced: a server in a process of its own. */
export interface Running {
  /** On 127.0.0.1. */
  readonly port: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The instances of one service, each a process, and the agent that announces them. */
export interface Instances {
  /** Starts one, or starts it anew, and registers it as UP. */
  start(number: number): Promise<Running>;
  /** It finishes what it has. */
  drain(number: number): Promise<void>;
  /** It has nothing left: it is deregistered, and ends. */
  leave(number: number): Promise<void>;
  /** `kill -9`: nobody says a word. */
  kill(number: number): Promise<void>;
  /** How many the registry knows, and how many of them take requests. */
  known(): Promise<{ readonly instances: number; readonly healthy: number }>;
  stop(): Promise<void>;
}

const TTL_MS = 2_000;

/** Heartbeats to a TTL: late ones on a busy machine must not expire anybody. */
const HEARTBEAT_MS = 200;

/** Instances of a service of which only a group is told. */
export async function announceInstances(
  adminUrl: string,
  service: string,
  settings: object,
  run: (number: number) => Promise<Running>,
): Promise<Instances> {
  const running = new Map<number, Running>();
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    const init = body ? { method, headers, body: JSON.stringify(body) } : { method };
    const response = await fetch(`${adminUrl}/v1/services/${service}${path}`, init);
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const announce = (number: number, status: string) => {
    const { port } = running.get(number)!;
    return send("PUT", `/instances/i${number}`, { address: "127.0.0.1", port, status, ttlMs: TTL_MS });
  };
  await send("PUT", "", settings);
  const beat = setInterval(() => {
    for (const number of running.keys()) send("POST", `/instances/i${number}/heartbeat`).catch(() => {});
  }, HEARTBEAT_MS);
  const take = (number: number) => {
    const found = running.get(number)!;
    running.delete(number);
    return found;
  };
  return {
    async start(number) {
      const started = await run(number);
      running.set(number, started);
      await announce(number, "UP");
      return started;
    },
    drain: async (number) => void (await announce(number, "DRAINING")),
    async leave(number) {
      const left = take(number);
      await send("DELETE", `/instances/i${number}`);
      await left.stop();
    },
    kill: (number) => take(number).stop("SIGKILL"),
    known: async () => (await send("GET", "")) as { instances: number; healthy: number },
    async stop() {
      clearInterval(beat);
      await Promise.all(running.values().map((left) => left.stop()));
    },
  };
}
