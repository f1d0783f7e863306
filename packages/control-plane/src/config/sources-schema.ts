import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseTypeUrl } from "@fairlead/envoy-api";
import { z } from "zod";
import { isGroupName } from "../groups/name.ts";
import { amount, path } from "./fields.ts";
import { type HostPort, parseHostPort } from "./host-port.ts";

/** Owners that are no source of the list. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(["api", "file", "node", "registry"]);

/** Characters in a source's name, at most: it is a label of metrics and in every log line. */
const MAX_NAME_LENGTH = 63;

/** An address to connect to, `HOST:PORT`. */
export const remoteAddress = z.string().refine(
  (text) => {
    const address = parseHostPort(text);
    return address !== undefined && address.port > 0 && !text.startsWith(":");
  },
  { error: ({ input }) => `${JSON.stringify(input)} is not HOST:PORT, for example control-plane:18000` },
);

const typeOf = z.string().transform((text, context) => {
  const typeUrl = parseTypeUrl(text);
  if (typeUrl !== undefined) return typeUrl;
  const message = `${JSON.stringify(text)} is no type: write cds, clusters, or a type URL`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** What a client of TLS needs. */
export const clientTlsSchema = z.strictObject({
  ca: path(
    "Certificate authorities in PEM that may sign the server's certificate. Default: those that Node.js trusts.",
  ).optional(),
  cert: path("Certificate to show, in PEM (mutual TLS); `key` goes with it.").optional(),
  key: path("Its private key in PEM.").optional(),
  serverName: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The name that the server's certificate must hold. Default: the host of the address." }),
});

const localitySchema = z.strictObject({
  region: z.string().optional().meta({ description: "The region." }),
  zone: z.string().optional().meta({ description: "The zone." }),
  subZone: z.string().optional().meta({ description: "The part of the zone." }),
});

const nodeSchema = z.strictObject({
  id: z.string().min(1).optional().meta({
    description: "The node's id. Default: `fairlead-` and the host's name.",
  }),
  cluster: z.string().optional().meta({ description: "The node's cluster." }),
  metadata: z.record(z.string(), z.unknown()).optional().meta({ description: "The node's metadata." }),
  locality: localitySchema.optional().meta({ description: "Where the node is." }),
});

const watchedTypeSchema = z.strictObject({
  type: typeOf.meta({ description: "A short name (`eds`), a word (`endpoints`) or a type URL." }),
  names: z.array(z.string().min(1)).optional().meta({
    description: "Which resources, by name. Without it: all there are (`*`), if the upstream knows how to give them.",
  }),
});

const xdsSourceSchema = z.strictObject({
  addresses: z.array(remoteAddress).min(1).meta({
    description: "Where the upstream is, `HOST:PORT`; of several, the next one is tried when one does not answer.",
  }),
  tls: clientTlsSchema.optional().meta({
    description: "TLS to the upstream; the files are read again for every connection. Without it: plaintext.",
  }),
  node: nodeSchema.prefault({}).meta({ description: "As which node to ask: it decides what the upstream gives." }),
  mode: z.enum(["delta", "sotw"]).default("delta").meta({
    description: "The variant of the protocol. `delta` costs less where the upstream speaks it.",
  }),
  ads: z.boolean().default(true).meta({
    description: "Whether all types share one aggregated stream. Off: a stream per type on one connection.",
  }),
  types: z.array(watchedTypeSchema).min(1).optional().meta({
    description:
      "What to ask for. Default: all listeners and all clusters. What those refer to (routes, endpoints, secrets, extension configurations, …) is asked for by name in any case.",
  }),
  gatherMs: amount(
    "ms",
    1_000,
    "How long a change that refers to what has not arrived yet (a cluster without its endpoints, say) waits for it.",
    0,
    60_000,
  ),
  startMs: amount(
    "ms",
    15_000,
    "How long the start waits for an upstream that does not answer, when nothing is known from before. Then the other sources are served without this one.",
    0,
    600_000,
  ),
  minRetryMs: amount(
    "ms",
    500,
    "Longest wait before the first attempt after the upstream is gone; it doubles.",
    10,
    60_000,
  ),
  maxRetryMs: amount("ms", 30_000, "Longest wait before any attempt.", 10, 3_600_000),
});

/** A server of DNS: its port may be left out. */
const dnsServer = z.string().refine((text) => parseDnsServer(text) !== undefined, {
  error: ({ input }) => `${JSON.stringify(input)} is no DNS server: write an address, or ADDRESS:PORT (127.0.0.1:8600)`,
});

/** Reads `1.2.3.4`, `1.2.3.4:53`, `::1` or `[::1]:53`. */
export function parseDnsServer(text: string): HostPort | undefined {
  if (isIP(text) !== 0) return { host: text, port: 53 };
  const address = parseHostPort(text);
  return address && isIP(address.host) !== 0 && address.port > 0 && !text.startsWith(":") ? address : undefined;
}

const dnsName = z
  .string()
  .refine((text) => text.length <= 253 && /^(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/.test(text), {
    error: ({ input }) =>
      `${JSON.stringify(input)} is no DNS name: labels of letters, digits, - and _ with dots between`,
  });

const dnsClusterSchema = z
  .strictObject({
    name: z.string().min(1).optional().meta({ description: "The cluster's name. Default: the query." }),
    query: dnsName.meta({ description: "The name to look up, in full: search domains are not tried." }),
    type: z.enum(["auto", "A", "AAAA", "SRV"]).default("auto").meta({
      description:
        "The records to ask for. `auto`: SRV where the query begins with `_`, else A, and AAAA where there is no A.",
    }),
    port: z.int().min(1).max(65_535).optional().meta({
      description: "The instances' port, for A and AAAA; SRV records say it themselves.",
    }),
    onlyEndpoints: z.boolean().default(false).meta({
      description: "Makes the `ClusterLoadAssignment` alone, for a `Cluster` that is defined elsewhere.",
    }),
    cluster: z.record(z.string(), z.unknown()).default({}).meta({
      description: "Fields of the `Cluster`, in place of the defaults (`type: EDS` by ADS, `connectTimeout: 5s`).",
    }),
  })
  .superRefine(({ query, type, port }, context) => {
    if (port !== undefined || type === "SRV" || (type === "auto" && query.startsWith("_"))) return;
    const message = `${query} gives addresses without a port: add port, or ask for SRV records (type: SRV)`;
    context.addIssue({ code: "custom", message, path: ["port"] });
  });

const dnsSourceSchema = z.strictObject({
  servers: z.array(dnsServer).min(1).max(8).optional().meta({
    description:
      "DNS servers, `ADDRESS` or `ADDRESS:PORT`, the next one when one does not answer. Default: those of the system.",
  }),
  clusters: z.array(dnsClusterSchema).min(1).max(10_000).meta({ description: "What becomes clusters." }),
  minPollMs: amount("ms", 1_000, "Least time between two lookups of a name, however short its TTL is.", 10, 3_600_000),
  maxPollMs: amount(
    "ms",
    300_000,
    "Most time between two lookups of a name, however long its TTL is, and after failures.",
    10,
    86_400_000,
  ),
  timeoutMs: amount("ms", 2_000, "Time for one server to answer.", 10, 60_000),
});

const etcdSourceSchema = z.strictObject({
  endpoints: z.array(remoteAddress).min(1).max(16).meta({ description: "Members of the etcd cluster, `HOST:PORT`." }),
  prefix: z.string().min(1).meta({ description: "What the keys begin with: `/services/`." }),
  holds: z.enum(["resources", "endpoints"]).default("resources").meta({
    description:
      "What keys hold. `resources`: `PREFIX/GROUP/…` (or `PREFIX/NAME`) holds resources in JSON or YAML. `endpoints`: `PREFIX/SERVICE/INSTANCE` holds `ADDRESS:PORT`, or JSON; each service becomes a cluster.",
  }),
  cluster: z.record(z.string(), z.unknown()).default({}).meta({
    description: "With `holds: endpoints`: fields of each `Cluster`, in place of the defaults.",
  }),
  tls: clientTlsSchema
    .omit({ serverName: true })
    .optional()
    .meta({ description: "TLS to etcd. Without it: plaintext." }),
  username: z.string().min(1).optional().meta({ description: "The user, where etcd asks for one." }),
  password: z.string().optional().meta({ description: "The user's password." }),
});

const KINDS = ["xds", "dns", "etcd"] as const;

const sourceSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
        error: ({ input }) =>
          `${JSON.stringify(input)} cannot name a source: use letters, digits, dots, dashes and underscores, a letter or digit first`,
      })
      .max(MAX_NAME_LENGTH)
      .refine((name) => !TAKEN_NAMES.has(name), {
        error: ({ input }) =>
          `${JSON.stringify(input)} is the name of something else that defines resources: take another`,
      })
      .meta({ description: "Its name in logs, metrics and `/readyz`, and the owner of what it brings." }),
    group: z
      .string()
      .refine(isGroupName, { error: ({ input }) => `${JSON.stringify(input)} cannot name a group` })
      .default("default")
      .meta({ description: "The group that its resources go into; other groups may include it (`includes`)." }),
    allowEmpty: z.boolean().default(false).meta({
      description:
        "Whether it may take away everything of a kind that it gave before. Otherwise that is taken for an accident, and the last good state stays.",
    }),
    dns: dnsSourceSchema.optional().meta({
      description:
        "Names in DNS, that of Consul and of Kubernetes included: each becomes a cluster with its endpoints.",
    }),
    etcd: etcdSourceSchema.optional().meta({ description: "Keys of etcd below a prefix." }),
    xds: xdsSourceSchema.optional().meta({ description: "Another xDS server: Fairlead is its relay and cache." }),
  })
  .superRefine((source, context) => {
    const given = KINDS.filter((kind) => source[kind] !== undefined);
    if (given.length === 1) return;
    const found = given.length === 0 ? "says no kind" : `says ${given.join(" and ")}`;
    context.addIssue({ code: "custom", message: `a source has one of ${KINDS.join(", ")}, and this one ${found}` });
  });

/** `sources:`. */
export const sourceListSchema = z.array(sourceSchema).superRefine((sources, context) => {
  const first = new Map<string, number>();
  sources.forEach(({ name }, index) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else {
      const message = `sources[${before}] is named ${JSON.stringify(name)} as well: names tell sources apart, take another`;
      context.addIssue({ code: "custom", message, path: [index, "name"] });
    }
  });
});

/** One of `sources:`, read. */
export type SourceConfig = Readonly<z.output<typeof sourceSchema>>;

/** `xds:` of a source, read. */
export type XdsSourceConfig = Readonly<z.output<typeof xdsSourceSchema>>;

/** `dns:` of a source, read. */
export type DnsSourceConfig = Readonly<z.output<typeof dnsSourceSchema>>;

/** `etcd:` of a source, read. */
export type EtcdSourceConfig = Readonly<z.output<typeof etcdSourceSchema>>;

/** Makes the paths in a source absolute. */
export function resolveSourcePaths(source: SourceConfig, base: string): SourceConfig {
  const { xds, etcd } = source;
  if (xds?.tls) return { ...source, xds: { ...xds, tls: absolute(xds.tls, base) } };
  if (etcd?.tls) return { ...source, etcd: { ...etcd, tls: absolute(etcd.tls, base) } };
  return source;
}

/** Makes the paths of certificates absolute. */
export function absolute<T extends { readonly [K in "ca" | "cert" | "key"]?: string | undefined }>(
  tls: T,
  base: string,
): T {
  const files = (["ca", "cert", "key"] as const).flatMap((field) => {
    const file = tls[field];
    return file === undefined ? [] : [[field, resolve(base, file)] as const];
  });
  return { ...tls, ...Object.fromEntries(files) };
}
