import { z } from "zod";
import { MAX_INSTANCES_PER_REQUEST } from "../../registry/grpc/read-announce.ts";
import { MAX_NAME_LENGTH, Next, Page } from "./common.ts";

const Name = z.string().min(1).max(MAX_NAME_LENGTH);

const ServiceName = Name.describe("The service: letters, digits, `-`, `_` and `.` in between; at most 253.");

const InstanceId = Name.describe("Unique within the service: letters, digits and `. _ - : @ ~ +`; at most 253.");

const Incarnation = z
  .int()
  .min(0)
  .describe(
    "Which life of the instance: larger after each start, for example the start's time in ms. Orders before `sequence`. " +
      "Not said, or 0: the one that is known; else now, in ms.",
  );

const Sequence = z
  .int()
  .min(0)
  .describe(
    "Grows with each message about the instance within one life: what is not newer than what is known is dropped. " +
      "Not said, or 0: the one after that known, never too late.",
  );

/** A service in a path. */
export const ServicePath = z.object({ service: ServiceName });

/** An instance in a path. */
export const InstancePath = z.object({ service: ServiceName, id: InstanceId });

const MessageNumbers = { incarnation: Incarnation.optional(), sequence: Sequence.optional() };

const REGISTRATION = {
  address: z
    .string()
    .max(MAX_NAME_LENGTH)
    .describe("An IP address; or a host name, which makes the service's cluster resolve it by DNS."),
  port: z.int().min(1).max(65_535),
  hostname: z
    .string()
    .max(MAX_NAME_LENGTH)
    .optional()
    .describe(
      "Its host name where the address is an IP: what proxies say in `Host` when they rewrite it to the endpoint's, or check its health.",
    ),
  weight: z.int().min(1).max(128).optional().describe("Share of the load beside the other instances. Default 1."),
  locality: z
    .strictObject({
      region: z.string().max(MAX_NAME_LENGTH).optional(),
      zone: z.string().max(MAX_NAME_LENGTH).optional(),
      subZone: z.string().max(MAX_NAME_LENGTH).optional(),
    })
    .optional()
    .describe("Where it is, from the largest to the smallest."),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("For load balancing by subset (`envoy.lb`); at most `registry.maxMetadataBytes` as JSON."),
  status: z
    .enum(["UP", "DRAINING", "DOWN"])
    .optional()
    .describe("What it says of itself. `DRAINING`: it finishes what it has and takes nothing new. Default `UP`."),
  ttlMs: z
    .int()
    .min(0)
    .optional()
    .describe("How long it stays without a heartbeat, ms. Default, or 0: `registry.defaultTtlMs`."),
  ...MessageNumbers,
};

/** An instance as it announces itself. */
export const PutInstance = z
  .strictObject(REGISTRATION)
  .meta({ id: "PutInstance", description: "An instance as it announces itself." });
/** An instance as it announces itself. */
export type PutInstance = z.output<typeof PutInstance>;

/** A heartbeat; a body is not needed. */
export const Heartbeat = z
  .strictObject(MessageNumbers)
  .meta({ id: "Heartbeat", description: "Which message this is. A body is not needed." })
  .nullish();

const WholeNumber = z.coerce.number().int().min(0).optional();

/** Which message a deregistration is. */
export const DeregisterQuery = z.strictObject({
  incarnation: WholeNumber.describe(Incarnation.description!),
  sequence: WholeNumber.describe(Sequence.description!),
});

const InstanceKey = z
  .strictObject({ service: ServiceName, id: InstanceId, ...MessageNumbers })
  .meta({ id: "InstanceKey", description: "An instance, and which message about it this is." });

const list = <T extends z.ZodType>(of: T, about: string) =>
  z
    .array(of)
    .max(MAX_INSTANCES_PER_REQUEST)
    .default(() => [])
    .describe(about);

/** Several messages of an agent. */
export const PostAnnouncement = z
  .strictObject({
    register: list(
      z.strictObject({ service: ServiceName, id: InstanceId, ...REGISTRATION }),
      "Instances to register, or to change; each once.",
    ),
    heartbeats: list(InstanceKey, "Instances that are there."),
    deregister: list(InstanceKey, "Instances that go."),
  })
  .refine(
    ({ register, heartbeats, deregister }) =>
      register.length + heartbeats.length + deregister.length <= MAX_INSTANCES_PER_REQUEST,
    `at most ${MAX_INSTANCES_PER_REQUEST} instances in one request: send several`,
  )
  .meta({ id: "Announcement", description: "Messages about instances, for an agent that speaks for many." });

/** What came of several messages. */
export const AnnouncementResult = z
  .object({
    revision: z.int().describe("The revision by which all that changed is kept for good."),
    refusals: z
      .array(
        z.object({
          service: z.string(),
          id: z.string(),
          incarnation: z.number(),
          sequence: z.number(),
          code: z.string().describe("`instance-unknown` (register again), `instance-stale`, `instance-invalid`, …"),
          message: z.string().describe("What is wrong, and what mends it."),
        }),
      )
      .describe("What was not taken up; all else was."),
  })
  .meta({ id: "AnnouncementResult", description: "What came of an announcement." });

/** An instance as it is known. */
export const InstanceDocument = z
  .object({
    service: z.string(),
    id: z.string(),
    address: z.string(),
    port: z.int(),
    hostname: z.string().optional(),
    weight: z.int(),
    locality: z.object({ region: z.string(), zone: z.string(), subZone: z.string() }),
    metadata: z.record(z.string(), z.unknown()),
    status: z.enum(["UP", "DRAINING", "DOWN"]).describe("What it says of itself."),
    ttlMs: z.int(),
    incarnation: z.int(),
    sequence: z.int().describe("Of the registration that is kept; heartbeats since then are not written down."),
    healthy: z.boolean().describe("Whether its heartbeats come."),
    owner: z.string().describe("The replica that hears its heartbeats."),
    heardAt: z
      .string()
      .optional()
      .describe("When it was last heard of; only the replica that hears its heartbeats can tell."),
  })
  .meta({ id: "Instance", description: "An instance as it is known." });
/** An instance as it is known. */
export type InstanceDocument = z.infer<typeof InstanceDocument>;

/** An instance that was registered. */
export const RegisteredInstance = z
  .object({
    service: z.string(),
    id: z.string(),
    revision: z.int().describe("The revision by which it is kept for good."),
  })
  .meta({ id: "RegisteredInstance", description: "An instance that is registered, and kept for good." });

/** Which instances to list. */
export const InstancesQuery = Page.extend({
  healthy: z.enum(["true", "false"]).optional().describe("Only those whose heartbeats come, or only the others."),
  status: z.enum(["UP", "DRAINING", "DOWN"]).optional().describe("Only those that say so of themselves."),
});

/** A page of instances. */
export const InstancesPage = z
  .object({
    service: z.string(),
    revision: z.int().describe("The newest revision of all."),
    instances: z.array(InstanceDocument).describe("Ordered by id."),
    next: Next,
  })
  .meta({ id: "InstancesPage", description: "Instances of a service." });

/** Whose instances to follow. */
export const InstanceEventsQuery = z.strictObject({
  services: z
    .string()
    .max(16_384)
    .optional()
    .describe("Only the instances of these services, with commas between. Default: all."),
});
