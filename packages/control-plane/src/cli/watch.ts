import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient, type WatchHandlers } from "@fairlead/xds";
import { parseType } from "../admin/parse-type.ts";
import { formatHostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import { openSchema } from "../types/open-schema.ts";
import { readVersion } from "../version.ts";
import { findXds, type TlsFiles, type XdsOptions } from "./find-xds.ts";
import { type Following, followReferences, type Roots, WILDCARD_ROOTS } from "./follow.ts";
import { shortType } from "./short-type.ts";
import { createJsonPrinter, createTextPrinter } from "./watch-printer.ts";

/** Options of `fairlead watch`. */
export interface WatchOptions extends XdsOptions {
  /** What the resources are read by: an executable or a descriptor set. Default: the built-in schema. */
  readonly schema?: string;
  readonly node: string;
  readonly cluster: string;
  readonly delta?: boolean;
  readonly type?: readonly string[];
  readonly once?: boolean;
  readonly output: "text" | "json";
}

/** Servers tell clients like this from proxies by it: it gates nothing and does not count. */
const USER_AGENT = "fairlead-watch";
/** After so long without an answer it is said what that may mean. */
const HINT_MS = 3_000;
const NOTHING_YET =
  "nothing yet: the server may have no configuration for this node (`fairlead get groups` lists what it has)";
/** With `--once`: an xDS server that has said nothing by then has nothing to say, ms. */
const FIRST_ANSWER_MS = 10_000;
/** With `--once`: nothing more is expected when nothing came for so long. */
const QUIET_MS = 1_000;

/** Types that only references lead to. */
const REFERRED: ReadonlySet<string> = new Set([
  TYPE_URLS.routes,
  TYPE_URLS.endpoints,
  TYPE_URLS.secret,
  TYPE_URLS.extensionConfig,
  TYPE_URLS.virtualHost,
]);

/** `fairlead watch`: connects as a node and prints what it is served, until interrupted. */
export async function watch(options: WatchOptions): Promise<void> {
  const { address, tls } = await findXds(options);
  const { roots, shown } = readTypes(options.type ?? []);
  const schema = await openSchema("--schema", options.schema);
  const write = (text: string) => void process.stdout.write(text);
  const printer = options.output === "json" ? createJsonPrinter(schema, write) : createTextPrinter(schema, write);
  let lastHeardMs = Number.POSITIVE_INFINITY;
  let isDisconnected = false;

  const client = createXdsClient({
    target: formatHostPort(address),
    ...(tls && { tls: readTls(tls) }),
    node: { id: options.node, cluster: options.cluster, userAgentVersion: readVersion() },
    userAgent: USER_AGENT,
    mode: options.delta ? "delta" : "sotw",
    onStatus(status) {
      isDisconnected = status.kind === "waiting";
      printer.status(status);
    },
  });
  const handlers = (typeUrl: string): WatchHandlers => ({
    onResponse(response, verdict) {
      lastHeardMs = performance.now();
      if (verdict.kind === "accepted" && (!shown || shown.has(typeUrl))) {
        printer.response(response, verdict.changed, verdict.removed);
      }
    },
  });
  printer.note(`asking ${formatHostPort(address)} as node ${options.node} (ADS, ${options.delta ? "delta" : "SotW"})`);
  const hint = setInterval(() => {
    if (isDisconnected) return; // the reason of that has been printed
    clearInterval(hint);
    if (lastHeardMs === Number.POSITIVE_INFINITY) printer.note(NOTHING_YET);
  }, HINT_MS);
  const following = followReferences(client, schema, roots, handlers);
  try {
    if (options.once) await untilQuiet(() => lastHeardMs, following, formatHostPort(address));
    else await interrupted();
  } finally {
    clearInterval(hint);
    await client.close();
  }
}

interface Types {
  readonly roots: Roots;
  /** The types printed; `undefined`: all. */
  readonly shown: ReadonlySet<string> | undefined;
}

/** `cds` asks for all clusters, `eds=web` for one name, `eds` for what the clusters refer to. */
function readTypes(texts: readonly string[]): Types {
  if (texts.length === 0) return { roots: WILDCARD_ROOTS, shown: undefined };
  const roots = new Map<string, "*" | string[]>();
  const shown = new Set<string>();
  for (const text of texts) {
    const [type = "", ...rest] = text.split("=");
    const typeUrl = parseType(type);
    shown.add(typeUrl);
    if (rest.length > 0) {
      const names = roots.get(typeUrl);
      if (names !== "*") roots.set(typeUrl, [...(names ?? []), rest.join("=")]);
    } else if (!REFERRED.has(typeUrl)) roots.set(typeUrl, "*");
    else for (const [root, names] of WILDCARD_ROOTS) if (!roots.has(root)) roots.set(root, names as "*");
  }
  return { roots, shown };
}

function readTls({ caFile, certFile, keyFile }: TlsFiles) {
  const read = (file: string) => {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new FairleadError("usage", `cannot read ${file}: ${(cause as Error).message}`, { cause });
    }
  };
  return { ca: read(caFile), ...(certFile && keyFile && { cert: read(certFile), key: read(keyFile) }) };
}

/** Until nothing is asked for that could still come, or nothing came for a while. */
async function untilQuiet(lastHeardMs: () => number, following: Following, target: string): Promise<void> {
  const startedMs = performance.now();
  while (performance.now() - lastHeardMs() < QUIET_MS) {
    if (lastHeardMs() === Number.POSITIVE_INFINITY && performance.now() - startedMs > FIRST_ANSWER_MS) {
      throw new FairleadError("xds-unreachable", `nothing came from ${target} in ${FIRST_ANSWER_MS / 1_000} s`);
    }
    await setTimeout(50);
  }
  for (const [typeUrl, names] of following.missing()) {
    process.stderr.write(`nothing came for ${shortType(typeUrl)} ${names.join(", ")}\n`);
  }
}

function interrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGINT", () => resolve());
  process.once("SIGTERM", () => resolve());
  return promise;
}
