import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { freePort } from "../../../../../test/support/free-port.ts";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { killWithUs, PATIENCE } from "./patience.ts";
import type { StartVictim, Written } from "./rounds.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** Writers that write at a time, each to a group of its own. */
const WRITERS = 8;

/** A real `fairlead serve` on a store (`--data-dir DIR`, …), written to by its admin API. */
export function serveVictim(storeArguments: readonly string[]): StartVictim {
  return async (from) => {
    const [xds, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const addresses = ["--xds", xds, "--admin", admin, "--workers", "0", "--log-level", "warn"];
    const child = spawn(process.execPath, [MAIN, "serve", ...addresses, ...storeArguments], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    killWithUs(child);
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const ended = once(child, "exit");
    const url = `http://${admin}`;
    const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;
    await waitFor("the control plane is ready", async () => child.exitCode !== null || (await isReady()), PATIENCE);
    if (child.exitCode !== null) throw new Error(`fairlead serve ended with ${child.exitCode}:\n${errors}`);
    const held = await heldBy(url);
    const acknowledged = new Map<string, Written>();
    const begun = new Map(from);
    let acknowledgements = 0;
    const write = async (writer: string): Promise<void> => {
      for (;;) {
        const n = (begun.get(writer) ?? 0) + 1;
        begun.set(writer, n);
        const response = await put(url, writer, n);
        acknowledged.set(writer, { n, revision: response.revision, version: response.versions[TYPE_URLS.cluster]! });
        acknowledgements++;
      }
    };
    // Each ends when the process does.
    const writers = Array.from({ length: WRITERS }, (_, i) => write(`writer-${i}`).catch(() => {}));
    return {
      held,
      acknowledged,
      begun,
      acknowledgements: () => acknowledgements,
      async kill() {
        child.kill("SIGKILL");
        await ended;
        await Promise.all(writers);
      },
    };
  };
}

interface Put {
  readonly revision: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Three resources that belong together: after a crash all are of one write. */
async function put(url: string, group: string, n: number): Promise<Put> {
  const resources = ["a", "b", "c"].map((name) => ({
    "@type": TYPE_URLS.cluster,
    name,
    type: "STATIC",
    connectTimeout: `${n}s`,
  }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ resources });
  const response = await fetch(`${url}/v1/groups/${group}/resources`, { method: "PUT", headers, body });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Put;
}

async function heldBy(url: string): Promise<Map<string, Written>> {
  const get = async (path: string) => (await (await fetch(url + path)).json()) as Record<string, unknown>;
  const groups = (await get("/v1/groups")).groups as readonly (Put & { group: string })[];
  const held = new Map<string, Written>();
  for (const { group, revision, versions } of groups) {
    const { resources } = await get(`/v1/groups/${group}/resources`);
    const timeouts = new Set(
      (resources as { resource: { connectTimeout: string } }[]).map((one) => one.resource.connectTimeout),
    );
    if (timeouts.size !== 1) throw new Error(`${group} holds a part of a write: ${[...timeouts]}`);
    held.set(group, { n: Number.parseInt([...timeouts][0]!, 10), revision, version: versions[TYPE_URLS.cluster]! });
  }
  return held;
}
