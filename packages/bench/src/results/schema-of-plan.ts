import { z } from "zod";

const connecting = z.object({ perSecond: z.number().exactOptional(), atOnce: z.number() });
const timed = { connecting, warmupMs: z.number(), durationMs: z.number() };
const http = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().exactOptional(),
});

const scenario = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("connect"), connecting, holdMs: z.number() }),
  z.object({
    kind: z.enum(["steady", "soak"]),
    ...timed,
    changesPerSecond: z.number(),
    churn: z.object({ streamsPerSecond: z.number(), subscriptionsPerSecond: z.number() }).exactOptional(),
  }),
  z.object({
    kind: z.literal("fanout"),
    connecting,
    changes: z.number(),
    pauseMs: z.number(),
    patienceMs: z.number(),
  }),
  z.object({ kind: z.literal("saturation"), ...timed, ahead: z.number() }),
  z.object({
    kind: z.literal("search"),
    ...timed,
    vary: z.enum(["streams", "rate"]),
    from: z.number(),
    to: z.number(),
    precision: z.number(),
    changesPerSecond: z.number(),
  }),
  z.object({
    kind: z.literal("reconnect"),
    connecting,
    share: z.number(),
    rounds: z.number(),
    reconnecting: connecting,
    changesPerSecond: z.number(),
    pauseMs: z.number(),
  }),
]);

const driver = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }),
  z.object({
    kind: z.literal("fairlead"),
    adminUrl: z.string(),
    group: z.string(),
    token: z.string().exactOptional(),
  }),
  z.object({ kind: z.literal("registry"), adminUrl: z.string() }),
  z.object({
    kind: z.literal("http"),
    setup: http.exactOptional(),
    change: http,
    teardown: http.exactOptional(),
  }),
  z.object({ kind: z.literal("exec"), command: z.string() }),
]);

const behaviour = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["healthy", "stalled", "never-ack", "nack"]) }),
  z.object({ kind: z.literal("slow-reader"), bytesPerSecond: z.number() }),
]);

/** A plan as a run takes it, all defaults filled in: what a result holds of it. (The plan's file is `plan/schema.ts`.) */
export const runPlanSchema = z.object({
  name: z.string().exactOptional(),
  target: z.object({
    host: z.string(),
    port: z.number(),
    tls: z
      .object({
        caFile: z.string().exactOptional(),
        certFile: z.string().exactOptional(),
        keyFile: z.string().exactOptional(),
        serverName: z.string().exactOptional(),
        insecure: z.boolean(),
      })
      .exactOptional(),
  }),
  protocol: z.enum(["ads-sotw", "ads-delta", "sotw", "delta", "rest", "raw"]),
  streams: z.number(),
  streamsPerConnection: z.number(),
  pollMs: z.number().exactOptional(),
  node: z.object({
    id: z.string(),
    cluster: z.string(),
    locality: z
      .object({
        region: z.string().exactOptional(),
        zone: z.string().exactOptional(),
        subZone: z.string().exactOptional(),
      })
      .exactOptional(),
    metadata: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  workload: z.object({
    type: z.enum(["endpoints", "clusters"]),
    count: z.number(),
    endpoints: z.number(),
    nameTemplate: z.string(),
    subscribe: z.union([z.enum(["wildcard", "all"]), z.object({ each: z.number() })]),
    stride: z.number().exactOptional(),
    change: z.enum(["in-turn", "first", "all"]),
    recognise: z.enum(["mark", "bytes"]),
  }),
  driver,
  scenario,
  population: z.array(z.object({ share: z.number(), behaviour })),
  generators: z.union([z.number(), z.literal("auto")]),
  generatorCpus: z.string().exactOptional(),
  server: z.object({ pid: z.number().exactOptional(), prometheusUrl: z.string().exactOptional() }),
  thresholds: z.array(
    z.object({
      text: z.string(),
      metric: z.string(),
      operator: z.enum(["<", "<=", ">", ">=", "=="]),
      value: z.number(),
    }),
  ),
});
