/**
 * What the command line says over the file, as it was typed: by the attribute that commander makes of the flag. The plan's reader
 * checks it like the file.
 */
export type PlanFlags = { readonly [name in keyof typeof PLACES]?: string | boolean | readonly string[] | undefined };

interface Place {
  readonly flag: string;
  readonly path: readonly string[];
  /** The scenario or driver that it asks for, unless one is given. */
  readonly scenario?: string;
  readonly driver?: string;
}

/** Where each flag stands in a plan's file. */
const PLACES = {
  name: { flag: "--name", path: ["name"] },
  target: { flag: "--target", path: ["target"] },
  tls: { flag: "--tls", path: ["tls"] },
  tlsCa: { flag: "--tls-ca", path: ["tls", "ca"] },
  tlsCert: { flag: "--tls-cert", path: ["tls", "cert"] },
  tlsKey: { flag: "--tls-key", path: ["tls", "key"] },
  tlsServerName: { flag: "--tls-server-name", path: ["tls", "serverName"] },
  tlsInsecure: { flag: "--tls-insecure", path: ["tls", "insecure"] },
  protocol: { flag: "--protocol", path: ["protocol"] },
  streams: { flag: "--streams", path: ["streams"] },
  streamsPerConnection: { flag: "--streams-per-connection", path: ["streamsPerConnection"] },
  poll: { flag: "--poll", path: ["poll"] },
  nodeId: { flag: "--node-id", path: ["node", "id"] },
  nodeCluster: { flag: "--node-cluster", path: ["node", "cluster"] },
  type: { flag: "--type", path: ["workload", "type"] },
  resources: { flag: "--resources", path: ["workload", "count"] },
  endpoints: { flag: "--endpoints", path: ["workload", "endpoints"] },
  names: { flag: "--names", path: ["workload", "names"] },
  subscribe: { flag: "--subscribe", path: ["workload", "subscribe"] },
  change: { flag: "--change", path: ["workload", "change"] },
  recognise: { flag: "--recognise", path: ["workload", "recognise"] },
  driver: { flag: "--driver", path: ["driver", "kind"] },
  admin: { flag: "--admin", path: ["driver", "admin"], driver: "fairlead" },
  group: { flag: "--group", path: ["driver", "group"], driver: "fairlead" },
  httpSetup: { flag: "--http-setup", path: ["driver", "setup"], driver: "http" },
  httpChange: { flag: "--http-change", path: ["driver", "change"], driver: "http" },
  httpBody: { flag: "--http-body", path: ["driver", "change", "body"], driver: "http" },
  httpHeader: { flag: "--http-header", path: ["driver", "change", "headers"], driver: "http" },
  exec: { flag: "--exec", path: ["driver", "command"], driver: "exec" },
  scenario: { flag: "--scenario", path: ["scenario", "kind"] },
  rate: { flag: "--rate", path: ["scenario", "rate"] },
  duration: { flag: "--duration", path: ["scenario", "duration"] },
  warmup: { flag: "--warmup", path: ["scenario", "warmup"] },
  changes: { flag: "--changes", path: ["scenario", "changes"], scenario: "fanout" },
  ahead: { flag: "--ahead", path: ["scenario", "ahead"], scenario: "saturation" },
  vary: { flag: "--vary", path: ["scenario", "vary"], scenario: "search" },
  from: { flag: "--from", path: ["scenario", "from"], scenario: "search" },
  to: { flag: "--to", path: ["scenario", "to"], scenario: "search" },
  connectRate: { flag: "--connect-rate", path: ["scenario", "connect", "rate"] },
  connectAtOnce: { flag: "--connect-at-once", path: ["scenario", "connect", "atOnce"] },
  generators: { flag: "--generators", path: ["generators"] },
  generatorCpus: { flag: "--generator-cpus", path: ["generatorCpus"] },
  pid: { flag: "--pid", path: ["server", "pid"] },
  prometheus: { flag: "--prometheus", path: ["server", "prometheus"] },
  threshold: { flag: "--threshold", path: ["thresholds"] },
} as const satisfies Record<string, Place>;

/** The flag that says what stands at a path; `undefined`: none does. */
export function flagAt(path: readonly PropertyKey[]): string | undefined {
  return Object.values(PLACES).find((place) => place.path.join(".") === path.join("."))?.flag;
}

/** The attributes of {@link PlanFlags}. */
export const PLAN_FLAGS = Object.keys(PLACES) as readonly (keyof PlanFlags)[];

type Settings = { [key: string]: unknown };

/** A file's settings with those of the flags, and which flag says what stands at a path (`undefined`: none). */
export interface MergedFlags {
  readonly raw: Settings;
  readonly flagOf: (path: readonly PropertyKey[]) => string | undefined;
}

/**
 * Puts flags over what a file says, and fills in the kinds of driver and scenario. A flag that asks for another kind than the file's
 * drops what the file says of that kind.
 */
export function mergeFlags(written: Readonly<Record<string, unknown>>, flags: PlanFlags): MergedFlags {
  const given = (Object.entries(PLACES) as [keyof PlanFlags, Place][]).filter(([name]) => flags[name] !== undefined);
  const raw = structuredClone(written) as Settings;
  const flagByPath = new Map<string, string>();
  const put = (path: readonly string[], value: unknown, flag: string) => {
    set(raw, path, value);
    flagByPath.set(path.join("."), flag);
  };

  // Before the drivers' and scenarios' own settings, which the kinds decide on.
  for (const part of ["driver", "scenario"] as const) {
    if (typeof raw[part] === "string") raw[part] = { kind: raw[part] };
    const implied = given.find(([, place]) => place[part] !== undefined);
    const asked = flags[part] ?? (settingsOf(raw[part]).kind === undefined ? implied?.[1][part] : undefined);
    if (asked === undefined) continue;
    const flag = flags[part] === undefined ? implied![1].flag : PLACES[part].flag;
    if (settingsOf(raw[part]).kind !== asked) {
      const { connect } = settingsOf(raw[part]);
      raw[part] = part === "scenario" && connect !== undefined ? { connect } : {};
    }
    put([part, "kind"], asked, flag);
  }
  raw.driver ??= { kind: "none" };
  const isObserved = settingsOf(raw.driver).kind === "none";
  const asksForRate = flags.rate !== undefined || settingsOf(raw.scenario).rate !== undefined;
  const fallback = isObserved && !asksForRate ? "connect" : "steady";
  if (raw.scenario === undefined || (isSettings(raw.scenario) && raw.scenario.kind === undefined)) {
    raw.scenario = { ...settingsOf(raw.scenario), kind: fallback };
  }

  for (const [name, { flag, path }] of given) {
    if (path.at(-1) === "kind") continue;
    const value = flags[name];
    if (name === "threshold") {
      const before = Array.isArray(raw.thresholds) ? raw.thresholds : [];
      for (const index of (value as readonly string[]).keys())
        flagByPath.set(`thresholds.${before.length + index}`, flag);
      raw.thresholds = [...before, ...(value as readonly string[])];
    } else if (name === "tls") put(path, settingsOf(raw.tls), flag);
    else if (name === "httpHeader") put(path, headersOf(value as readonly string[]), flag);
    else if (name === "duration" && settingsOf(raw.scenario).kind === "connect") put(["scenario", "hold"], value, flag);
    else put(path, value, flag);
  }
  const flagOf = (path: readonly PropertyKey[]) => {
    for (let length = path.length; length > 0; length--) {
      const flag = flagByPath.get(path.slice(0, length).join("."));
      if (flag !== undefined) return flag;
    }
    return undefined;
  };
  return { raw, flagOf };
}

/** `name: value`, as `curl -H` takes it. */
function headersOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = text, value = ""] = /^([^:]+):\s*(.*)$/.exec(text) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
}

function set(into: Settings, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = into[key];
  // `change: POST http://…` of a file, or of --http-change, with a --http-body to it.
  into[key] = isSettings(inner) ? inner : typeof inner === "string" ? requestOf(inner) : {};
  set(into[key] as Settings, rest, value);
}

function requestOf(text: string): Settings {
  const [, method, url] = /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(text.trim()) ?? [];
  return url === undefined ? { url: text } : { ...(method !== undefined && { method: method.toUpperCase() }), url };
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function settingsOf(value: unknown): Settings {
  return isSettings(value) ? value : {};
}
