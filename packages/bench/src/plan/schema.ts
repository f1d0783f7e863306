import { z } from "zod";
import { parseAddress } from "./address.ts";
import { duration, field, flag, gotWhat, httpAddress, httpUrl, oneOf, rate, share, text, whole } from "./fields.ts";
import { CHANGE_PLACEHOLDERS } from "./placeholders.ts";
import { templateFault } from "./template.ts";
import { parseThreshold } from "./threshold.ts";
import { parseRate, parseSize } from "./units.ts";

/** Streams of one run; a descriptor each, so the system's own limits come first. */
const MAX_STREAMS = 1_000_000;
/** Their addresses go from 10.x.y.z to 25.x.y.z. */
const MAX_RESOURCES = 1_048_576;
const MAX_ENDPOINTS = 250;
const MAX_THRESHOLDS = 100;
const MAX_POPULATIONS = 20;
/** What any of a plan's counts may be. */
const MAX_COUNT = 10_000_000;

const template = (names: readonly string[], what: string) =>
  field(
    `${what}`,
    (value) =>
      typeof value === "string" && value !== "" && templateFault(value, names) === undefined ? value : undefined,
    { type: "string", minLength: 1 },
  );

const address = field(
  "HOST:PORT such as 127.0.0.1:18000",
  (value) => {
    const read = typeof value === "string" ? parseAddress(value) : undefined;
    return read && read.port > 0 ? read : undefined;
  },
  { type: "string", pattern: String.raw`^(\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]+):\d{1,5}$` },
);

const file = text("the path of a file");

const tls = z.strictObject({
  ca: file.optional().meta({ description: "Authorities to trust, PEM. Default: the system's." }),
  cert: file.optional().meta({ description: "Certificate of the client, PEM: makes it mutual. With `key`." }),
  key: file.optional().meta({ description: "Its private key, PEM." }),
  serverName: text("a host name")
    .optional()
    .meta({ description: "Whom the certificate has to be for. Default: the host." }),
  insecure: flag().prefault(false).meta({ description: "Takes any certificate." }),
});

const clientTemplate = (what: string) => template(["n"], `${what}, in which {n} stands for the number of the client`);

const node = z.strictObject({
  id: clientTemplate("a node id such as bench-{n}")
    .prefault("bench-{n}")
    .meta({ description: "`{n}`: the client's number; `{n:05}`: padded." }),
  cluster: clientTemplate("a node cluster such as bench").prefault("bench"),
  locality: z
    .strictObject({
      region: clientTemplate("a region").optional(),
      zone: clientTemplate("a zone").optional(),
      subZone: clientTemplate("a sub zone").optional(),
    })
    .optional(),
  metadata: field(
    "an object, in whose strings {n} stands for the number of the client",
    (value) =>
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      textsOf(value).every((one) => !templateFault(one, ["n"]))
        ? (value as Readonly<Record<string, unknown>>)
        : undefined,
    { type: "object" },
  ).optional(),
});

function textsOf(json: unknown): string[] {
  if (typeof json === "string") return [json];
  return typeof json === "object" && json !== null ? Object.values(json).flatMap(textsOf) : [];
}

const subscribe = field(
  "all, wildcard, or how many names each stream asks for, such as 10",
  (value): "all" | "wildcard" | { readonly each: number } | undefined => {
    if (value === "all" || value === "wildcard") return value;
    const each = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    return typeof each === "number" && Number.isInteger(each) && each > 0 && each <= MAX_RESOURCES
      ? { each }
      : undefined;
  },
  {
    anyOf: [
      { type: "string", enum: ["all", "wildcard"] },
      { type: "integer", minimum: 1, maximum: MAX_RESOURCES },
    ],
  },
);

const workload = z.strictObject({
  type: oneOf(["endpoints", "clusters"]).optional().meta({
    description: "`endpoints` (EDS) or `clusters` (CDS). Default: `endpoints`; `clusters` where the driver is `none`.",
  }),
  count: whole(1, MAX_RESOURCES).prefault(10).meta({ description: "Resources." }),
  endpoints: whole(1, MAX_ENDPOINTS).prefault(30).meta({ description: "Endpoints in each; 30 make about 1 KB." }),
  names: template(["i"], "a name in which {i} stands for the number of the resource, such as bench-{i}")
    .prefault("bench-{i}")
    .meta({ description: "`{i}`: the resource's number, from 0." }),
  subscribe: subscribe.optional().meta({
    description:
      "What a stream asks for: `all` names, `wildcard`, or so many names each. Default: `all` for endpoints, `wildcard` for clusters.",
  }),
  stride: whole(0, MAX_RESOURCES).optional().meta({
    description:
      "How far after its predecessor's a stream's names begin, where it asks for so many `each`; 0: all ask for the same. Default: `each`.",
  }),
  change: oneOf(["in-turn", "first", "all"])
    .prefault("in-turn")
    .meta({ description: "Resources that a change touches: one in turn, always the first, or all." }),
  recognise: oneOf(["mark", "bytes"]).optional().meta({
    description:
      "How a push is told from another. `bytes` only counts. Default: `mark`; `bytes` where the driver is `none`.",
  }),
});

const changeTemplate = template(
  CHANGE_PLACEHOLDERS,
  `text in which only ${CHANGE_PLACEHOLDERS.map((name) => `{${name}}`).join(", ")} stand for something`,
);

const changeUrl = field(
  `a URL such as http://127.0.0.1:8080/change?sequence={sequence}, in which only ${CHANGE_PLACEHOLDERS.map((name) => `{${name}}`).join(", ")} stand for something`,
  (value) =>
    typeof value === "string" && /^https?:\/\/[^/]/.test(value) && !templateFault(value, CHANGE_PLACEHOLDERS)
      ? value
      : undefined,
  { type: "string", pattern: "^https?://" },
);

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const httpTemplate = z
  .preprocess(
    (value) => {
      const [, method, url] = (typeof value === "string" && /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(value.trim())) || [];
      return url === undefined ? value : { method: method?.toUpperCase(), url };
    },
    z.strictObject({
      method: oneOf(METHODS).prefault("POST"),
      url: changeUrl,
      headers: z.record(z.string(), changeTemplate).prefault({}),
      body: changeTemplate
        .optional()
        .meta({ description: "With `content-type: application/json` unless the headers say otherwise." }),
    }),
  )
  .meta({ shorthand: { type: "string", examples: ["POST http://127.0.0.1:8080/change?sequence={sequence}"] } });

/** What a driver needs beside its kind, each with its own keys. */
const driver = z
  .preprocess(
    (value) => (typeof value === "string" ? { kind: value } : value),
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({
        kind: z.literal("fairlead"),
        admin: httpAddress("http://127.0.0.1:18001")
          .prefault("http://127.0.0.1:18001")
          .meta({ description: "The admin API." }),
        group: text("a group's name").prefault("default"),
        token: text("a token").optional().meta({ description: "Sent as `authorization: Bearer …`." }),
      }),
      z.strictObject({
        kind: z.literal("registry"),
        admin: httpAddress("http://127.0.0.1:18001")
          .prefault("http://127.0.0.1:18001")
          .meta({ description: "The admin API, whose registry has the services." }),
      }),
      z.strictObject({
        kind: z.literal("http"),
        setup: httpTemplate.optional().meta({ description: "Once, before the streams connect." }),
        change: httpTemplate.meta({ description: "For each change." }),
        teardown: httpTemplate.optional().meta({ description: "Once, at the end." }),
      }),
      z.strictObject({
        kind: z.literal("exec"),
        command: text("a command line").meta({ description: "Run by the shell." }),
      }),
    ]),
  )
  .meta({ shorthand: { type: "string", enum: ["none", "fairlead", "registry"] } });

const connecting = z.strictObject({
  rate: rate("1000/s").optional().meta({ description: "New streams. Default: as fast as `atOnce` lets." }),
  atOnce: whole(1, MAX_STREAMS)
    .prefault(256)
    .meta({ description: "Streams that may be without their first answer at a time." }),
});
const connect = connecting.prefault({}).meta({ description: "How streams connect." });
const warmup = (fallback: string) =>
  duration("5s").prefault(fallback).meta({ description: "Left out of the figures." });
const lasting = (fallback: string) =>
  duration("60s", { min: 1 }).prefault(fallback).meta({ description: "The measured part." });
const changeRate = (fallback: string) =>
  rate("10/s")
    .prefault(fallback)
    .meta({ description: "Changes, open loop: due at their time, whether the last one is through or not." });
const churn = z
  .strictObject({
    streams: rate("5/s").prefault("0/s").meta({ description: "Streams that end and are opened anew." }),
    subscriptions: rate("5/s")
      .prefault("0/s")
      .meta({ description: "Names that are unsubscribed and subscribed again." }),
  })
  .optional();

/** Below `search.from` and `to`: streams, or changes a second. */
const amount = field(
  "a number such as 1000, or a rate such as 10/s",
  (value) => {
    const written = typeof value === "string" ? value.trim() : value;
    const number =
      typeof written === "string"
        ? (parseRate(written) ?? (/^\d+(\.\d+)?$/.test(written) ? Number(written) : 0))
        : written;
    return typeof number === "number" && number > 0 && number <= MAX_COUNT ? number : undefined;
  },
  {
    anyOf: [
      { type: "number", exclusiveMinimum: 0 },
      { type: "string", pattern: String.raw`^\d+(\.\d+)?(/(s|m|h))?$` },
    ],
  },
);

const openLoop = (kind: "steady" | "soak", warm: string, last: string) =>
  z.strictObject({
    kind: z.literal(kind),
    rate: rate("10/s").optional().meta({
      description:
        "Changes, open loop: due at their time, whether the last one is through or not. Default: 10/s; none where the driver is `none`.",
    }),
    warmup: warmup(warm),
    duration: lasting(last),
    churn,
    connect,
  });

const scenario = z
  .preprocess(
    (value) => (typeof value === "string" ? { kind: value } : value),
    z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("connect"),
        hold: duration("5s").prefault("5s").meta({ description: "How long the streams stay once all are synced." }),
        connect,
      }),
      openLoop("steady", "5s", "30s"),
      openLoop("soak", "1m", "1h"),
      z.strictObject({
        kind: z.literal("fanout"),
        changes: whole(1, MAX_COUNT)
          .prefault(20)
          .meta({ description: "The next one comes when all have the last one." }),
        pause: duration("500ms").prefault("500ms").meta({ description: "Between them." }),
        patience: duration("30s", { min: 1 })
          .prefault("30s")
          .meta({ description: "A stream that lacks a change after this time has lost it." }),
        connect,
      }),
      z.strictObject({
        kind: z.literal("saturation"),
        ahead: whole(1, 1_000).prefault(1).meta({ description: "Changes at a time that not all have." }),
        warmup: warmup("5s"),
        duration: lasting("30s"),
        connect,
      }),
      z.strictObject({
        kind: z.literal("search"),
        vary: oneOf(["streams", "rate"]).prefault("streams"),
        from: amount.prefault(100),
        to: amount.prefault(10_000),
        precision: share("5%")
          .prefault("5%")
          .meta({ description: "Ends when the bounds are this near, as a share of the upper one." }),
        rate: changeRate("10/s"),
        warmup: warmup("2s"),
        duration: lasting("10s").meta({ description: "Of each step." }),
        connect,
      }),
      z.strictObject({
        kind: z.literal("reconnect"),
        share: share("100%").prefault("100%").meta({ description: "Connections that are cut at one moment." }),
        rounds: whole(1, 1_000).prefault(3),
        reconnect: connecting.prefault({}).meta({ description: "How they come back." }),
        rate: rate("1/s").prefault("0/s").meta({ description: "Changes meanwhile." }),
        pause: duration("2s").prefault("2s").meta({ description: "Between rounds." }),
        connect,
      }),
    ]),
  )
  .meta({
    shorthand: { type: "string", enum: ["connect", "steady", "soak", "fanout", "saturation", "search", "reconnect"] },
  });

const population = z.strictObject({
  share: share("10%"),
  behaviour: oneOf(["healthy", "slow-reader", "stalled", "never-ack", "nack"]),
  read: field("a rate of bytes such as 10KiB/s", readBytesPerSecond, {
    type: "string",
    pattern: String.raw`^\d+(\.\d+)? ?(B|[kKMG]i?B)/s$`,
  })
    .optional()
    .meta({ description: "Bytes a second; of a `slow-reader`." }),
});

function readBytesPerSecond(value: unknown): number | undefined {
  if (typeof value !== "string" || !value.endsWith("/s")) return undefined;
  const bytes = parseSize(value.slice(0, -2));
  return bytes !== undefined && bytes >= 1 ? bytes : undefined;
}

const threshold = z
  .unknown()
  .meta({ type: "string", examples: ["p99 < 20ms"] })
  .transform((value, context) => {
    const read =
      typeof value === "string" ? parseThreshold(value) : `expected a threshold such as p99 < 20ms, ${gotWhat(value)}`;
    if (typeof read !== "string") return read;
    context.issues.push({ code: "custom", message: read, input: value });
    return z.NEVER;
  });

/** As `taskset` takes it. */
function isCpuList(text: string): boolean {
  const isSpan = (part: string) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    return from !== undefined && Number(from) <= Number(to);
  };
  return text.split(",").every(isSpan);
}

/** A plan as its file has it. What it yields is checked further and made a `Plan` by `toPlan`. */
export const planSchema = z.strictObject({
  name: text("a name")
    .optional()
    .meta({ description: "For titles and comparisons. Default: the scenario and the target." }),
  target: address.meta({ description: "The xDS server." }),
  tls: tls.optional().meta({ description: "Left out: plaintext." }),
  protocol: oneOf(["ads-sotw", "ads-delta", "sotw", "delta", "rest", "raw"]).prefault("ads-sotw").meta({
    description:
      "`sotw` and `delta`: a stream per type. `rest`: polls. `raw`: the floor of packages/bench/peers, no protocol.",
  }),
  streams: whole(1, MAX_STREAMS).prefault(100).meta({ description: "Clients." }),
  streamsPerConnection: whole(1, 10_000).prefault(1).meta({ description: "Streams that share a connection." }),
  poll: duration("1s", { min: 1 })
    .optional()
    .meta({ description: "Between the polls of a client; of `rest`. Default: 1s." }),
  node: node.prefault({}),
  workload: workload.prefault({}),
  driver: driver.prefault("none").meta({ description: "How the server is changed." }),
  scenario: scenario.meta({ description: "Default: `steady`; `connect` where the driver is `none`." }),
  population: z
    .array(population)
    .min(1)
    .max(MAX_POPULATIONS)
    .prefault([{ share: 1, behaviour: "healthy" }])
    .meta({
      description: "What the streams are like; shares add up to 1.",
    }),
  generators: field(
    "auto or a whole number from 1 to 64",
    (value) => {
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      if (number === "auto") return number;
      return typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 64 ? number : undefined;
    },
    { anyOf: [{ const: "auto" }, { type: "integer", minimum: 1, maximum: 64 }] },
  )
    .prefault("auto")
    .meta({ description: "Processes that make the load." }),
  generatorCpus: field(
    "a list of CPUs such as 1 or 2-3,5",
    (value) => (isCpuList(String(value)) ? String(value) : undefined),
    { type: ["string", "integer"], pattern: String.raw`^\d+(-\d+)?(,\d+(-\d+)?)*$` },
  )
    .optional()
    .meta({ description: "CPUs that they are bound to, by `taskset`." }),
  server: z
    .strictObject({
      pid: whole(1, 2 ** 31 - 1)
        .optional()
        .meta({ description: "The server's process; read from /proc." }),
      prometheus: httpUrl("http://127.0.0.1:18001/metrics")
        .optional()
        .meta({ description: "Where its metrics are scraped." }),
    })
    .prefault({})
    .meta({ description: "What the server itself costs." }),
  thresholds: z
    .array(threshold)
    .max(MAX_THRESHOLDS)
    .prefault([])
    .meta({ description: "What must hold; else the exit code is 99." }),
});

/** What {@link planSchema} yields. */
export type PlanFile = z.output<typeof planSchema>;
