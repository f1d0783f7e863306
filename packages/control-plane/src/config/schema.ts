import { z } from "zod";
import { includeFaults } from "../groups/includes.ts";
import { isGroupName } from "../groups/name.ts";
import { groupRuleSchema } from "../groups/rule.ts";
import { registryLimitFields } from "../registry/limits.ts";
import { templateSchema } from "../registry/resources/settings.ts";
import { MOST_WORKERS } from "../xds/workers-by-cores.ts";
import { address, amount, path } from "./fields.ts";
import { sourceListSchema } from "./sources-schema.ts";
import { storeSchema } from "./store-schema.ts";

const tlsSchema = z.strictObject({
  cert: path("Certificate chain in PEM, the server's own first."),
  key: path("Private key in PEM."),
  clientCa: path(
    "Certificate authorities in PEM. If set, clients must show a certificate signed by one of them, and its SANs can choose the group (`groups: [{san: …}]`).",
  ).optional(),
});

const timingsSchema = z.strictObject({
  removalLingerMs: amount("ms", 2_000, "How long a dropped cluster stays after nothing refers to it any more."),
  listenerDrainMs: amount(
    "ms",
    610_000,
    "How long clusters stay that a changed or removed listener referred to: a little more than Envoy's `--drain-time-s` (600 s by default).",
  ),
  warmGraceMs: amount(
    "ms",
    1_000,
    "How long to wait for clusters that warm without a sign (DNS, health checks) on a stream per type or REST.",
  ),
  silenceMs: amount("ms", 5_000, "After this time without an answer a newer response may be sent (protocol.md C3).", 1),
  deadlineMs: amount("ms", 20_000, "How long a stage waits for a silent proxy. Envoy's own limit is 15 s.", 1),
  returnDeadlineMs: amount(
    "ms",
    35_000,
    "How long the streams of one type of a proxy that comes back wait for each other. Envoy opens each after a backoff of its own, 30 s at most.",
    1,
  ),
  namedClusterLingerMs: amount(
    "ms",
    20_000,
    "How long a gRPC client, which names its clusters, keeps a dropped one that it does not unsubscribe.",
  ),
  maxRetainedClusters: amount("count", 1_000, "Dropped clusters kept for one proxy; then the oldest goes."),
});

/** The limits of the HTTP/2 edge that a user may have reason to change, by the names that the edge gives them. */
const limitsSchema = z.strictObject({
  maxStreamsPerConnection: amount("count", 1_000, "Streams at a time on one connection.", 1, 1_000_000),
  maxHeaderPairs: amount("count", 64, "Headers of one request.", 8, 10_000),
  maxHeaderBytes: amount("bytes", 16_384, "Size of one request's headers.", 1_024, 1_048_576),
  maxMessageBytes: amount("bytes", 4_194_304, "Size of one message from a proxy; grows with its group.", 1),
  maxAllowedMessageBytes: amount(
    "bytes",
    67_108_864,
    "How far `maxMessageBytes` may grow: a reconnecting delta client names all that it has.",
    1,
  ),
  maxQueuedBytesPerConnection: amount(
    "bytes",
    4_194_304,
    "Bytes queued for a connection that is slow to take them; twice its group's size if that is more.",
    1_024,
  ),
  maxInFlightBytes: amount(
    "bytes",
    268_435_456,
    "Bytes queued on all connections while new streams are taken up.",
    1_024,
  ),
  maxWaitingStreams: amount(
    "count",
    16_384,
    "New streams that wait to be taken up; others are told to come again.",
    0,
    1e7,
  ),
  evictAfterMs: amount("ms", 30_000, "A stream that has bytes to take and takes none for so long is ended.", 1),
  firstRequestMs: amount("ms", 60_000, "A stream without a request for so long is ended.", 1),
  messageMs: amount("ms", 60_000, "Time from the first to the last byte of a message.", 1),
  handshakeMs: amount("ms", 10_000, "Time for TLS and the HTTP/2 preface.", 1),
  keepaliveIdleMs: amount("ms", 30_000, "Silence after which a peer is pinged; 0: never."),
  keepaliveTimeoutMs: amount("ms", 10_000, "Time to answer that ping.", 1),
  minPingIntervalMs: amount("ms", 5_000, "A peer's ping sooner than this after its last is too early."),
  pingStrikes: amount("count", 3, "Pings too early until the connection is closed.", 1, 1_000_000),
  maxConnectionAgeMs: amount(
    "ms",
    1_800_000,
    "Age, give or take a tenth, at which a connection is asked to reconnect, so that streams move to new replicas; 0: never.",
  ),
  connectionAgeGraceMs: amount("ms", 30_000, "Time that its streams then have."),
  http1IdleMs: amount(
    "ms",
    120_000,
    "A connection of HTTP/1, by which proxies poll (REST), without a poll for so long is closed.",
    1,
  ),
  maxPolledSubscriptions: amount(
    "count",
    200_000,
    "Subscriptions by polls (REST, `Fetch`) that are remembered, each a set of names of a type; polls for more are answered 429.",
    1,
    1e7,
  ),
  maxPolledSubscriptionsPerClient: amount("count", 10_000, "The same of one proxy.", 1, 1e7),
  resetBurst: amount("count", 50, "Streams that a peer may reset at once (CVE-2023-44487).", 1, 1_000_000),
  resetsPerSecond: amount("per second", 5, "Streams that a peer may reset steadily.", 1, 1_000_000),
});

const insecure = (what: string) =>
  z
    .boolean()
    .default(false)
    .meta({ description: `Asks for ${what} on an address that other machines reach. Refused without it.` });

const csdsSchema = z.strictObject({
  show: z.enum(["off", "own", "all"]).default("own").meta({
    description:
      "Whom it tells of which proxies. `own`: each of itself, by its connection or its client certificate's SANs, for one proxy must not read what another is served. `all`: whoever reaches the port of every proxy. Secrets are redacted.",
  }),
  readers: z.array(z.string().min(1)).default([]).meta({
    description:
      "Whom it tells of every proxy nevertheless: SANs of verified client certificates, `*` stands for any characters.",
  }),
});

const loadReportsSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .meta({ description: "Asks the proxies that are configured to report their load." }),
  intervalMs: amount("ms", 10_000, "How often a proxy reports.", 1_000, 3_600_000),
  byEndpoint: z
    .boolean()
    .default(false)
    .meta({ description: "Asks for figures by endpoint, and not only by locality." }),
  clusters: z.array(z.string().min(1)).min(1).max(10_000).optional().meta({
    description: "The clusters to report of. Without it: all that the proxy has.",
  }),
});

/** The gRPC services beside discovery. Health is always there: it says no more than that this server is. */
const servicesSchema = z.strictObject({
  reflection: z.boolean().default(true).meta({
    description:
      "Server reflection (`grpc.reflection.v1` and `v1alpha`): tells the services and the types, for `grpcurl` and the like. It tells no resources.",
  }),
  csds: csdsSchema
    .prefault({})
    .meta({ description: "Client status (CSDS): what each proxy has been sent and has ACKed." }),
  loadReports: loadReportsSchema.prefault({}).meta({ description: "Load reports (LRS)." }),
  accessLogs: z.boolean().default(true).meta({
    description:
      "Takes access logs (ALS) of the proxies that are configured to send them, for metrics and subscribers.",
  }),
});

const xdsSchema = z.strictObject({
  listen: address("127.0.0.1:18000", "Where proxies connect."),
  insecure: insecure("plaintext xDS, where a node id is only a claim,"),
  tls: tlsSchema.optional().meta({ description: "TLS. Without it the server speaks plaintext." }),
  workers: z.int().min(0).max(MOST_WORKERS).optional().meta({
    unit: "count",
    description:
      "Threads that hold the proxies' connections (TLS, HTTP/2), beside the one that decides what each is sent. 0: that one does it all. Without it `fairlead serve` goes by the cores it may use: none on one core, else one less than the cores, and 4 at most; embedded, the default is none.",
  }),
  makeBeforeBreak: z.boolean().default(true).meta({
    description:
      "Sends clusters before what refers to them and removes them after, waiting for the proxy's ACKs. Off: everything at once.",
  }),
  virtualHosts: z.enum(["all", "on-demand"]).default("all").meta({
    description:
      "Which virtual hosts a proxy gets by VHDS: all of the route configurations that it asks for, or only those that it asks for by name, as Envoy's `on_demand` filter does.",
  }),
  timings: timingsSchema.prefault({}).meta({ description: "Waits of make before break." }),
  services: servicesSchema
    .prefault({})
    .meta({ description: "gRPC services beside discovery, on the same port. See [services](services.md)." }),
  limits: limitsSchema.prefault({}).meta({ description: "Bounds that protect the server from its peers." }),
});

const adminSchema = z.strictObject({
  listen: address("127.0.0.1:18001", "Where the admin API, health checks and metrics are."),
  insecure: insecure("the admin API, which has no authentication,"),
  maxBodyBytes: amount("bytes", 67_108_864, "Size of one request body.", 1_024),
  maxEvents: amount(
    "count",
    4_096,
    "Events that are remembered for `GET /v1/events`: how far behind a reader may be, or come back.",
    1,
    1_000_000,
  ),
  maxRevisions: amount(
    "count",
    1_000,
    "Revisions held in memory for `GET /v1/revisions`, with the names of 100 resources each. With a durable store older ones are read from it.",
    1,
    1_000_000,
  ),
});

const replicaSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\w.-]{1,128}$/, "expected 1 to 128 letters, digits, dots, dashes or underscores")
    .optional()
    .meta({
      description:
        "The name of this replica, in `control_plane.identifier` and `fairlead get replicas`; no two of one store may have the same. Default: the host's name, on a shared store with some random characters.",
    }),
  adminUrl: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), "expected a URL, for example http://10.0.0.1:18001")
    .transform((text) => text.replace(/\/+$/, ""))
    .optional()
    .meta({
      description:
        "Where the other replicas reach this one's admin API. Default: the address that it listens on, or the host's name where it listens on all.",
    }),
});

/** In `types:`, what the built-in schema has and the one in use lacks. */
export const DEFAULT_TYPES = "default";

/** What is done about a reference that leads nowhere. */
export const referenceSeverity = z.enum(["error", "warning", "ignore"]);

const rule = (about: string) => referenceSeverity.default("warning").meta({ description: about });

const referencesSchema = z.strictObject({
  cluster: rule("Something names a cluster that the group does not hold."),
  configSourceCluster: referenceSeverity.default("ignore").meta({
    description:
      "An `api_config_source` names a cluster that the group does not hold. Envoy takes only clusters of its bootstrap there, which no group holds.",
  }),
  endpoints: rule("A cluster of type EDS has no ClusterLoadAssignment in the group."),
  route: rule("A listener or scope asks for a route configuration that nobody serves."),
  scopedRoute: rule("A listener asks for scoped routes that nobody serves."),
  secret: rule("Something asks this server for a secret that nobody serves."),
  extensionConfig: rule("A filter asks for an extension configuration that nobody serves."),
  other: rule("A reference of another kind leads nowhere."),
});

const historySchema = z.strictObject({
  maxRecords: amount("count", 10_000, "Commits.", 1),
  maxBytes: amount("bytes", 268_435_456, "Size of commits and whole states, as they are kept.", 1_048_576),
});

const reloadSchema = z.strictObject({
  debounceMs: amount("ms", 100, "Quiet time after the last change of a file before it is read.", 0, 60_000),
  settleMs: amount(
    "ms",
    1_000,
    "How long a file that looks half written (no newline at its end, or a syntax error) is given to be completed.",
    0,
    60_000,
  ),
  pollMs: amount(
    "ms",
    5_000,
    "How often files are looked at without any sign of change; some file systems give none.",
    50,
  ),
});

const programsSchema = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description:
      "Whether they are run. They run in a process of their own that can read files and use the network, but not write files or start processes. Off, a group that has one keeps its last good state and says so.",
  }),
  timeoutMs: amount("ms", 10_000, "Time that one has to give its resources.", 100, 600_000),
  maxHeapBytes: amount("bytes", 268_435_456, "Memory that one may use for its objects.", 16_777_216),
  maxAnswerBytes: amount("bytes", 67_108_864, "Size of what one gives, as JSON.", 1_024),
  env: z.array(z.string()).default([]).meta({
    description: "Names of environment variables that they see, besides `PATH`, `HOME`, `TZ` and `LANG`.",
  }),
});

const logSchema = z.strictObject({
  level: z
    .enum(["silent", "fatal", "error", "warn", "info", "debug", "trace"])
    .default("info")
    .meta({ description: "Least severity that is logged." }),
  format: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .meta({ description: "`auto`: pretty on a terminal, else JSON lines." }),
});

const includesSchema = z
  .record(z.string().min(1), z.array(z.string().refine(isGroupName, "this cannot name a group")).min(1))
  .superRefine((rules, context) => {
    for (const { key, message } of includeFaults(rules)) context.addIssue({ code: "custom", message, path: [key] });
  });

const registrySchema = z.strictObject({
  group: z.string().refine(isGroupName, "this cannot name a group").default("default").meta({
    description: "The group that gets the resources of services which name none.",
  }),
  templates: templateSchema.prefault({}).meta({
    description: "What their resources have otherwise than the defaults, in every group.",
  }),
  ...registryLimitFields,
});

/** `fairlead.yaml`. Every field has a default; unknown fields are refused. */
export const configSchema = z.strictObject({
  xds: xdsSchema.prefault({}).meta({ description: "The server that proxies connect to." }),
  admin: adminSchema.prefault({}).meta({ description: "The server for people and tools." }),
  replica: replicaSchema.prefault({}).meta({
    description: "This control plane among those that serve one store. See [replicas](replicas.md).",
  }),
  resources: path(
    "Directory of resource files: `*.yaml` and `*.json` in it are group `default`, `<group>/…` is that group.",
  ).optional(),
  schema: path(
    "Envoy's API as your Envoy has it: the executable itself, which is read at the start, or a descriptor set (`fairlead schema extract`). Default: built in, about Envoy 1.30.",
  ).optional(),
  types: z.array(z.string().min(1)).default([]).meta({
    description:
      "Message types beside the schema's, your own extensions say: files with descriptor sets (`protoc -o`, imports may be left out), relative to the configuration file. `default` adds what the built-in schema has and `schema` lacks.",
  }),
  store: storeSchema
    .prefault({})
    .meta({ description: "Where commits are kept, if not in `dataDir`. See [stores](stores.md)." }),
  dataDir: path(
    "Directory for what outlives a restart: every commit, durable before it is acknowledged (see [stores](stores.md)). One process at a time. `fairlead serve` takes one of its own in the user's state directory (`XDG_STATE_HOME`, else `~/.local/state`), unless a port is 0; embedded, the default is none: memory.",
  ).optional(),
  sources: sourceListSchema.default([]).meta({
    description: "Other systems that resources come from, besides files and the admin API. See [sources](sources.md).",
  }),
  history: historySchema.prefault({}).meta({
    description: "How much a durable store keeps of former commits. What the newest state needs is always kept.",
  }),
  reload: reloadSchema.prefault({}).meta({ description: "How changes of resource files are taken up." }),
  programs: programsSchema.prefault({}).meta({ description: "How resource files in TypeScript are run." }),
  groups: z.array(groupRuleSchema).default([]).meta({
    description:
      "Which group serves a node: the first rule that matches. Without rules: the first that exists of the groups named like the node's id, its cluster, and `default`. Rules in the store (`PUT /v1/rules`) count instead of these.",
  }),
  includes: includesSchema.default({}).meta({
    description:
      "What groups hold besides their own: by group, or a pattern in which `*` stands for any characters, a list of groups. Of two resources of one type and name the group's own counts, then that of the first in the list. A group is served once all that it includes is there.",
  }),
  registry: registrySchema
    .prefault({})
    .meta({ description: "Services that announce themselves, and what they become." }),
  validation: z.enum(["error", "warn", "off"]).default("error").meta({
    description:
      "Whether a resource that breaks Envoy's own constraints (`validate.rules`) is refused, warned about, or not checked.",
  }),
  references: referencesSchema
    .prefault({})
    .meta({ description: "What is done about references that lead nowhere. What dangles with a warning is served." }),
  allowEmpty: z.boolean().default(false).meta({
    description:
      "Whether files may leave a group without any resource. Otherwise that is taken for an accident and refused.",
  }),
  drainMs: amount("ms", 10_000, "Time that open streams have to end after SIGTERM."),
  log: logSchema.prefault({}).meta({ description: "The log." }),
});

/** The whole configuration, every default filled in. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** The configuration as written. */
export type ConfigInput = z.input<typeof configSchema>;

/** How each kind of dangling reference is judged. */
export type ReferenceRules = Config["references"];

/** A kind of reference, the key of its rule under `references:`. */
export type ReferenceRule = keyof ReferenceRules;
