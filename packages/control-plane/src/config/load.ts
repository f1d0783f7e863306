import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { nearest } from "@fairlead/envoy-api";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import { parseEtcdUrl } from "../store/etcd/settings.ts";
import { type Fault, formatFault } from "../validation/fault.ts";
import { pointerOf } from "../validation/pointer.ts";
import { positionAt } from "../validation/position.ts";
import { formatHostPort, isLoopback, parseHostPort } from "./host-port.ts";
import { issueText } from "./issue-text.ts";
import { type Config, type ConfigInput, configSchema, DEFAULT_TYPES } from "./schema.ts";
import { resolveSourcePaths } from "./sources-schema.ts";
import { type EtcdStoreConfig, resolveStorePaths } from "./store-schema.ts";

/** What the command line says over the file; only what is set counts. */
export interface ConfigOverrides {
  /** `--xds HOST:PORT` */
  readonly xdsListen?: string | undefined;
  /** `--workers` */
  readonly workers?: number | undefined;
  /** `--admin HOST:PORT` */
  readonly adminListen?: string | undefined;
  /** `--insecure`: plaintext and an open admin API on addresses that other machines reach. */
  readonly insecure?: boolean | undefined;
  /** The resources directory, relative to the working directory. */
  readonly resources?: string | undefined;
  /** `--schema`, relative to the working directory. */
  readonly schema?: string | undefined;
  /** `--data-dir`, relative to the working directory. */
  readonly dataDir?: string | undefined;
  /** `--store etcd://HOST:PORT,…[/prefix]` */
  readonly store?: string | undefined;
  /** `--log-level` */
  readonly logLevel?: Config["log"]["level"] | undefined;
}

/**
 * Reads `fairlead.yaml`, fills in defaults, and makes its paths absolute. Without a file everything is default.
 *
 * @throws FairleadError `config-unreadable`, or `config-invalid` with every fault by file, line, column and JSON pointer
 */
export function loadConfig(file: string | undefined, overrides: ConfigOverrides = {}): Config {
  if (file === undefined) return parseConfig("", { overrides });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new FairleadError("config-unreadable", `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  return parseConfig(text, { file, overrides });
}

/**
 * Like {@link loadConfig} for text at hand; paths in it are relative to the file's directory, or the working directory.
 *
 * @throws FairleadError `config-invalid`
 */
export function parseConfig(text: string, options: { file?: string; overrides?: ConfigOverrides } = {}): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const located = (pointer: string, rule: string, message: string): Fault => {
    const file = options.file === undefined ? {} : { file: options.file };
    return { severity: "error", rule, message, pointer, ...file, ...positionAt(document, lines, pointer) };
  };

  const syntax = document.errors.map((error): Fault => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { ...located("", "yaml.syntax", error.message), line, column: col };
  });
  refuse(syntax);

  const written: unknown = document.toJS() ?? {};
  const result = configSchema.safeParse(written);
  if (!result.success) {
    const found = result.error.issues.flatMap((issue) => faultsOf(issue, written));
    refuse(found.map((f) => located(f.pointer, f.rule, f.message)));
  }
  const config = resolvePaths(override(result.data!, options.overrides ?? {}), options.file);
  refuse(exposures(config).map(([pointer, message]) => located(pointer, "config.exposed", message)));
  return config;
}

/** A configuration for code and tests: the given fields, the rest default. */
export function configOf(input: ConfigInput = {}): Config {
  return configSchema.parse(input);
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new FairleadError("config-invalid", faults.map(formatFault).join("\n"), { faults });
}

interface Finding {
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
}

function faultsOf(issue: z.core.$ZodIssue, written: unknown): Finding[] {
  const pointer = pointerOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const hint = near ? `did you mean ${near}?` : `known here: ${known.join(", ")}`;
      return {
        pointer: pointerOf([...issue.path, key]),
        rule: "config.unknown",
        message: `unknown field ${key}; ${hint}`,
      };
    });
  }
  const message = issueText(issue, written, schemaAt(issue.path)?.meta()?.description);
  return [{ pointer, rule: `config.${issue.code.replaceAll("_", "-")}`, message }];
}

/** The names of the fields that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = unwrap(schemaAt(path));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = configSchema;
  for (const segment of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[String(segment)] as z.ZodType | undefined;
    else if (schema instanceof z.ZodArray) schema = schema.element as z.ZodType;
  }
  return schema;
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function override(config: Config, overrides: ConfigOverrides): Config {
  const { xdsListen, workers, adminListen, insecure, resources, schema, dataDir, store, logLevel } = overrides;
  return {
    ...config,
    xds: {
      ...config.xds,
      listen: xdsListen ?? config.xds.listen,
      insecure: insecure ?? config.xds.insecure,
      ...(workers !== undefined && { workers }),
    },
    admin: { ...config.admin, listen: adminListen ?? config.admin.listen, insecure: insecure ?? config.admin.insecure },
    log: { ...config.log, level: logLevel ?? config.log.level },
    ...(resources === undefined ? {} : { resources: resolve(resources) }),
    ...(schema === undefined ? {} : { schema: resolve(schema) }),
    ...(dataDir === undefined ? {} : { dataDir: resolve(dataDir) }),
    ...(store === undefined ? {} : { store: { etcd: { ...config.store.etcd, ...etcdPlace(store) } } }),
  };
}

/** @throws FairleadError `config-invalid` */
function etcdPlace(url: string): Pick<EtcdStoreConfig, "endpoints" | "prefix"> {
  const { endpoints, prefix } = parseEtcdUrl(url);
  return { endpoints: endpoints.map(formatHostPort), ...(prefix !== undefined && { prefix }) };
}

function resolvePaths(config: Config, file: string | undefined): Config {
  const base = file === undefined ? process.cwd() : dirname(resolve(file));
  const { resources, schema, types, dataDir, store, sources } = config;
  const { tls } = config.xds;
  return {
    ...config,
    ...(resources === undefined ? {} : { resources: resolve(base, resources) }),
    ...(schema === undefined ? {} : { schema: resolve(base, schema) }),
    types: types.map((path) => (path === DEFAULT_TYPES ? path : resolve(base, path))),
    ...(dataDir === undefined ? {} : { dataDir: resolve(base, dataDir) }),
    store: resolveStorePaths(store, base),
    sources: sources.map((source) => resolveSourcePaths(source, base)),
    xds: {
      ...config.xds,
      ...(tls === undefined
        ? {}
        : {
            tls: {
              cert: resolve(base, tls.cert),
              key: resolve(base, tls.key),
              ...(tls.clientCa === undefined ? {} : { clientCa: resolve(base, tls.clientCa) }),
            },
          }),
    },
  };
}

/** Addresses that others reach without protection and without having been asked for. */
function exposures({ xds, admin }: Config): [pointer: string, message: string][] {
  const found: [string, string][] = [];
  const reach = (listen: string) => {
    const address = parseHostPort(listen);
    return address !== undefined && !isLoopback(address.host);
  };
  if (!parseHostPort(xds.listen)) found.push(["/xds/listen", `${xds.listen} is not HOST:PORT`]);
  if (!parseHostPort(admin.listen)) found.push(["/admin/listen", `${admin.listen} is not HOST:PORT`]);
  if (reach(xds.listen) && !xds.tls && !xds.insecure) {
    found.push([
      "/xds/listen",
      `${xds.listen} is reached by other machines, and plaintext proves nothing about who connects: set xds.tls, or ask for it with xds.insecure: true (--insecure)`,
    ]);
  }
  if (reach(admin.listen) && !admin.insecure) {
    found.push([
      "/admin/listen",
      `${admin.listen} is reached by other machines, and the admin API has no authentication: ask for it with admin.insecure: true (--insecure)`,
    ]);
  }
  return found;
}
