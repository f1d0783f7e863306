import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient, type WatchHandlers, type XdsClient } from "@fairlead/xds";
import type { Logger } from "pino";
import type { ConfigInput } from "../../src/config/config.ts";
import { configOf, formatHostPort } from "../../src/config/config.ts";
import { type Fairlead, startFairlead } from "../../src/serve.ts";

/** An answer of the admin API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests are about
  readonly body: any;
}

/** A control plane under test; it ends with the test. */
export interface RunningFairlead {
  readonly fairlead: Fairlead;
  /** The directory of its resource files; empty string without files. */
  readonly root: string;
  write(file: string, text: string): void;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(group: string, resources: readonly unknown[], query?: string): Promise<Answer>;
  /** A proxy that takes all clusters; `judge` answers with why it rejects a response. */
  proxy(id: string, judge?: WatchHandlers["validate"], userAgent?: string): XdsClient;
}

/** Options of {@link start}. */
export interface StartOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: ConfigInput;
  readonly log?: Logger;
  /** Whether to wait until it is ready. Default `true`. */
  readonly waits?: boolean;
}

/** Starts a whole control plane on free ports. */
export async function start(t: TestContext, options: StartOptions = {}): Promise<RunningFairlead> {
  const { files, config = {}, log, waits = true } = options;
  const root = files ? mkdtempSync(join(tmpdir(), "fairlead-admin-")) : "";
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const [file, text] of Object.entries(files ?? {})) write(file, text);
  const fairlead = await startFairlead({
    config: configOf({
      drainMs: 0,
      ...config,
      ...(root && { resources: root }),
      xds: { listen: "127.0.0.1:0", ...config.xds },
      admin: { listen: "127.0.0.1:0", ...config.admin },
      reload: { debounceMs: 10, ...config.reload },
    }),
    ...(log && { log }),
  });
  const clients: XdsClient[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await fairlead.close();
    if (root) rmSync(root, { recursive: true, force: true });
  });
  if (waits) await fairlead.ready;

  const request = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(fairlead.adminUrl + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== "" ? JSON.parse(text) : text,
    };
  };
  return {
    fairlead,
    root,
    write,
    request,
    put: (group, resources, query = "") => request("PUT", `/v1/groups/${group}/resources${query}`, { resources }),
    proxy(id, judge, userAgent = "test-proxy") {
      const target = formatHostPort(fairlead.xdsAddress);
      const client = createXdsClient({ target, node: { id }, mode: "sotw", userAgent });
      clients.push(client);
      client.watch(TYPE_URLS.cluster, "*", judge ? { validate: judge } : {});
      return client;
    },
  };
}
