import { z } from "zod";
import { isGroupName } from "../../groups/name.ts";

/** How deep a patch may be nested: far more than Envoy's API is. */
const MAX_PATCH_DEPTH = 64;

const patch = (of: string) =>
  z
    .record(z.string(), z.unknown())
    .refine((value) => isShallow(value, MAX_PATCH_DEPTH), `this is nested more than ${MAX_PATCH_DEPTH} deep`)
    .optional()
    .meta({
      description: `A JSON merge patch (RFC 7396) over the ${of}, field names as in the .proto files: \`null\` removes.`,
    });

const part = (what: string) =>
  z
    .string()
    .max(256)
    .optional()
    .meta({ description: `Its ${what}. Absent: any.` });

const localityRuleSchema = z.strictObject({
  region: part("region"),
  zone: part("zone"),
  subZone: part("sub-zone"),
  priority: z.int().min(0).max(127).optional().meta({
    unit: "count",
    description: "0 is used first, the next when too little of it is healthy. Default 0. Gaps are closed.",
  }),
  weight: z.int().min(1).max(1_000_000).optional().meta({
    unit: "count",
    description:
      "Share of the load beside other localities. Default: the sum of the weights of its instances that take requests.",
  }),
});

const templateShape = {
  protocol: z.enum(["h1", "h2", "tcp"]).optional().meta({
    description:
      "What its instances speak: HTTP/1.1, HTTP/2 (as gRPC is) without TLS or with ALPN, or anything else over TCP, which makes no Listener and no RouteConfiguration. Default `h1`. gRPC clients always speak HTTP/2.",
  }),
  cluster: patch("Cluster: `lb_policy`, `health_checks`, `transport_socket` (TLS), `connect_timeout`, …"),
  listener: patch("Listener for gRPC clients"),
  routes: patch("RouteConfiguration"),
  endpoints: patch("`policy` of the ClusterLoadAssignment"),
  localities: z.array(localityRuleSchema).max(1_000).optional().meta({
    description: "Priorities and weights of localities: the first that fits counts.",
  }),
};

/** What a group, or the configuration for all groups, has otherwise than the defaults, in the resources of services. */
export const templateSchema = z.strictObject(templateShape);

/** What a service has of its own: the groups it is served to, and what is otherwise than in their templates. */
export const serviceSettingsSchema = z.strictObject({
  groups: z.array(z.string().refine(isGroupName, "this cannot name a group")).min(1).max(100).optional().meta({
    description: "The groups whose proxies get its resources. Default: `registry.group` of the configuration.",
  }),
  ...templateShape,
});

/** See {@link templateSchema}. */
export type Template = Readonly<z.output<typeof templateSchema>>;

/** See {@link serviceSettingsSchema}. */
export type ServiceSettings = Readonly<z.output<typeof serviceSettingsSchema>>;

/** How the localities that fit are used. */
export type LocalityRule = Readonly<z.output<typeof localityRuleSchema>>;

/** The key of the document with a group's template. */
export function templateDocumentKey(group: string): string {
  return `templates/${group}`;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((child) => isShallow(child, depth - 1));
}
