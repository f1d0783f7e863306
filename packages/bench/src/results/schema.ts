import { z } from "zod";
import { METRICS } from "./metrics.ts";
import type { Result } from "./result.ts";
import { runPlanSchema } from "./schema-of-plan.ts";

/** What a document of ours says it is. */
export const RESULT_FORMAT = "fairlead-bench-result";
/** A reader takes this one only. Fields may be added to it; one that changes its meaning makes a new version. */
export const RESULT_VERSION = 1;

const ms = (description: string) => z.number().meta({ description: `${description}, ms.` });
const bytes = (description: string) => z.number().meta({ description: `${description}, bytes.` });
const share = (description: string) => z.number().meta({ description: `${description}; 1 is a whole core.` });
const count = (description: string) =>
  z
    .number()
    .nonnegative()
    .meta({ description: `${description}.` });

const distribution = z
  .object({
    count: z.int().nonnegative(),
    min: z.number(),
    mean: z.number(),
    p50: z.number(),
    p90: z.number(),
    p99: z.number(),
    p999: z.number(),
    max: z.number(),
    histogram: z.string().meta({ description: "Compressed HDR histogram (V2) in base64: µs, 3 significant digits." }),
  })
  .meta({ id: "Distribution", description: "Times in ms." });

const curve = (what: string) =>
  z
    .array(z.number().nullable())
    .length(101)
    .meta({ description: `When 0, 1, … 100 % of the streams ${what}, ms; null: never.` });

const wrongAnswer = z.object({
  kind: z.enum(["lost", "reordered", "unchanged", "resent-after-nack", "malformed", "ended"]),
  client: z.number(),
  count: z.number(),
  message: z.string(),
});

const sample = z.object({
  atMs: ms("Since the start of the run"),
  phase: z.string(),
  open: count("Streams that are open and synced"),
  changesPerSecond: z.number(),
  pushesPerSecond: z.number(),
  acksPerSecond: z.number(),
  bytesInPerSecond: z.number(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  generatorCpuShare: share("CPU of the busiest generator"),
  serverCpuShare: z.number().nullable(),
  serverRssBytes: z.number().nullable(),
});

/** The machine that a document was measured on. */
export const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  os: z.string(),
  node: z.string(),
  fairlead: z.string(),
});

/** The document that a run leaves. */
export const resultSchema = z
  .object({
    format: z.literal(RESULT_FORMAT),
    formatVersion: z.literal(RESULT_VERSION),
    name: z.string().meta({ description: "Results of one name are rounds of the same thing." }),
    startedAt: z.iso.datetime(),
    durationMs: ms("The whole run"),
    plan: runPlanSchema.meta({ description: "As it was run, defaults filled in, secrets left out." }),
    machine: machineSchema,
    verdict: z.object({
      kind: z.enum(["passed", "missed", "wrong", "invalid", "aborted"]),
      reasons: z.array(z.string()),
      notes: z.array(z.string()).meta({ description: "What a reader should know, though it changes nothing." }),
    }),
    measured: z.object({
      fromMs: ms("Begin, since the start of the run"),
      durationMs: ms("Length"),
      pushes: count("Responses that came before its end"),
    }),
    received: distribution.exactOptional().meta({ description: "Change → received by a stream." }),
    acked: distribution.exactOptional().meta({ description: "Change → ACK handed to the system." }),
    firstSync: distribution.exactOptional().meta({ description: "Attempt to connect → first whole state." }),
    resync: distribution.exactOptional().meta({ description: "Connection is cut → whole state again." }),
    resubscribed: distribution.exactOptional().meta({ description: "A name is asked for again → its answer." }),
    driven: distribution.exactOptional().meta({ description: "Change → the driver was done with it." }),
    fleet: z
      .object({ p50: distribution, p90: distribution, p99: distribution, p100: distribution })
      .exactOptional()
      .meta({ description: "Of all changes: when that share of the streams had it." }),
    curves: z.array(
      z.object({
        sequence: z.number(),
        atMs: ms("Since the start of the run"),
        sample: z.enum(["worst", "spread"]),
        streams: z.number(),
        missing: z.number(),
        reachedMs: curve("had it"),
      }),
    ),
    storms: z.array(
      z.object({
        kind: z.enum(["connect", "reconnect"]),
        atMs: ms("Since the start of the run"),
        streams: z.number(),
        failed: z.number(),
        bytes: z.number(),
        responses: z.number(),
        syncedMs: curve("were synced"),
        serverCpuMs: z.number().nullable(),
      }),
    ),
    counts: z.object({
      pushes: count("Responses with resources or removals, measured part"),
      acks: count("ACKs, measured part"),
      nacks: count("NACKs, measured part"),
      bytesIn: count("Bytes received, measured part"),
      bytesOut: count("Bytes sent, measured part"),
      unchanged: count("Responses that brought nothing new and answered nothing"),
      resentAfterNack: count("Responses with just what the stream had rejected"),
      reordered: count("Resources in an older state than the stream held"),
      ended: count("Streams that ended though the load tester did not end them"),
      reconnected: count("Streams that came back"),
      malformed: count("Responses that could not be read or did not belong"),
      lost: count("Streams that lacked a change in the end, summed over the changes"),
      changes: count("Changes made, measured part"),
      failedChanges: count("Changes that the driver could not make"),
      synced: count("First states that came"),
      failedSyncs: count("First states that did not come"),
    }),
    wrongAnswers: z.array(wrongAnswer).meta({ description: "Examples; the counts say how often." }),
    sampleMs: ms("What a sample of the timeline covers"),
    timeline: z.array(sample),
    generator: z.object({
      processes: z.number(),
      cpuShare: share("Busiest process, measured part"),
      slipP99Ms: ms("How late timers fired, 99th percentile"),
      slipMaxMs: ms("How late timers fired at most"),
      rssBytes: bytes("Memory of all processes at most"),
    }),
    server: z
      .object({
        source: z.enum(["proc", "prometheus"]),
        cpuMs: ms("CPU time of the measured part"),
        cpuUsPerPush: z.number().nullable(),
        rssIdleBytes: bytes("Memory before the streams came"),
        rssEndBytes: bytes("Memory at the end of the measured part"),
        rssMaxBytes: bytes("Memory at most"),
        rssPerStreamBytes: z.number().nullable(),
        rssSlopeBytesPerHour: z.number().nullable(),
        threads: z.number().nullable(),
      })
      .exactOptional(),
    metrics: z.record(z.string(), z.number()).meta({
      description: METRICS.map(({ name, unit, meaning }) => `${name} (${unit}): ${meaning}.`).join("\n"),
    }),
    lowerBounds: z.array(z.string()).meta({ description: "Metrics that are at least so much (saturation)." }),
    thresholds: z.array(z.object({ text: z.string(), actual: z.number().nullable(), holds: z.boolean() })),
    search: z
      .object({
        vary: z.enum(["streams", "rate"]),
        best: z.number().nullable(),
        steps: z.array(z.object({ value: z.number(), holds: z.boolean(), reason: z.string() })),
      })
      .exactOptional(),
  })
  .meta({ title: "Result of fairlead bench" });

/** The JSON schema of a result (docs/bench-result.schema.json). */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(resultSchema, { io: "input" });
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Does not compile when the schema says something else than the type. */
export const SCHEMA_IS_THE_TYPE: Same<z.infer<typeof resultSchema>, DeepMutable<Result>> = true;
type DeepMutable<T> = T extends object ? { -readonly [K in keyof T]: DeepMutable<T[K]> } : T;
