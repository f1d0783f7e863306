import { z } from "zod";
import { amount } from "../config/fields.ts";

/** The fields under `registry:` that bound it and say how long it waits. */
export const registryLimitFields = {
  defaultTtlMs: amount("ms", 30_000, "How long an instance that says no TTL stays without a heartbeat.", 100),
  minTtlMs: amount("ms", 1_000, "Least TTL that an instance may ask for.", 100),
  maxTtlMs: amount("ms", 3_600_000, "Largest TTL that an instance may ask for.", 100),
  removeAfterMs: amount(
    "ms",
    60_000,
    "How long an instance whose TTL ran out stays, unhealthy, until it is removed: time for it to come back as it was.",
  ),
  maxInstancesPerService: amount("count", 10_000, "Instances of one service; more are refused.", 1),
  maxInstances: amount("count", 200_000, "Instances of all services; more are refused.", 1),
  maxServices: amount("count", 10_000, "Services, with instances or kept without any; more are refused.", 1),
  maxMetadataBytes: amount("bytes", 4_096, "Metadata of one instance, as JSON.", 2),
  massExpiryPercent: amount(
    "percent",
    50,
    "Share of a service's instances. When more than that fall silent within a TTL, they are kept as they are and an alarm is raised, until they are heard again or an operator accepts the loss. 100: they expire in any case.",
    0,
    100,
  ),
  massExpiryInstances: amount("count", 2, "Instances that must fall silent for that, at least.", 1),
  pauseMs: amount(
    "ms",
    2_000,
    "How long this process may be away itself (stalled, suspended). After more, everybody has a full TTL again.",
    200,
  ),
  adoptAfterMs: amount(
    "ms",
    10_000,
    "How long a replica is missing until another adopts its instances and gives each a full TTL.",
  ),
  tombstoneMs: amount("ms", 300_000, "How long late messages are kept from reviving an instance that ended."),
  maxTombstones: amount(
    "count",
    100_000,
    "Ended instances that are remembered for that; then the oldest is forgotten.",
    1,
  ),
  maxQueuedChanges: amount("count", 50_000, "Instances that wait to be written; more are told to come again (503).", 1),
  maxChangesPerCommit: amount("count", 5_000, "Instances that one commit writes.", 1),
  forwardMs: amount(
    "ms",
    200,
    "How long heartbeats are gathered that came here for instances of another replica, until they are passed on to it.",
    10,
    60_000,
  ),
};

const limitsSchema = z.strictObject(registryLimitFields);

/** What a registry takes in, and how long it waits; each is told of in [configuration](../../../../docs/configuration.md), under `registry`. */
export type RegistryLimits = Readonly<z.output<typeof limitsSchema>>;

/** The limits of a registry that is not configured. */
export const DEFAULT_REGISTRY_LIMITS: RegistryLimits = limitsSchema.parse({});
