import type { Schema } from "@fairlead/envoy-api";
import {
  createXdsServer,
  type ServiceFactory,
  type SnapshotSource,
  type StageOptions,
  XdsError,
  type XdsServer,
} from "@fairlead/xds";
import { listenError } from "../admin/listen.ts";
import { type Config, parseHostPort } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { servicesOf } from "./services.ts";

/** What the xDS server serves, and what it reports to. */
export interface XdsListening {
  readonly source: SnapshotSource;
  /** Types that it knows now are served, whether or not xDS defines a service for them. */
  readonly schema: () => Schema;
  /** `control_plane.identifier` of every response (protocol.md C8). */
  readonly identifier: string;
  /** The gRPC service of the registry. */
  readonly registry: ServiceFactory;
  /** Told of what is wrong but stops nothing. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Starts the xDS server as the configuration says.
 *
 * @throws FairleadError `address-in-use`, `address-unusable`, `tls-invalid`, `config-invalid`
 */
export async function listenXds(config: Config, listening: XdsListening): Promise<XdsServer> {
  const { source, schema, identifier, registry, onFault } = listening;
  const { listen, limits, tls, workers = 0 } = config.xds;
  const address = parseHostPort(listen)!;
  try {
    return await createXdsServer({
      source,
      controlPlaneId: identifier,
      workers,
      stage: stageOptions(config),
      schema,
      isKnownType: (typeUrl) => schema().messageOf(typeUrl) !== undefined,
      services: servicesOf(config, schema, registry),
      listen: { ...address, limits, onFault, ...(tls && { tls: tlsFiles(tls) }) },
    });
  } catch (error) {
    if (!(error instanceof XdsError)) throw error;
    if (error.code === "listen-failed")
      throw listenError("xDS server", "--xds HOST:PORT", address, error.cause ?? error);
    throw new FairleadError(error.code === "tls-invalid" ? "tls-invalid" : "config-invalid", error.message, {
      cause: error,
    });
  }
}

function stageOptions({ xds: { makeBeforeBreak, virtualHosts, timings } }: Config): Partial<StageOptions> {
  return {
    isStaged: makeBeforeBreak,
    removalLingerMs: timings.removalLingerMs,
    listenerDrainMs: timings.listenerDrainMs,
    warmGraceMs: timings.warmGraceMs,
    answerPatienceMs: timings.silenceMs,
    silenceDeadlineMs: timings.deadlineMs,
    returnDeadlineMs: timings.returnDeadlineMs,
    namedClusterLingerMs: timings.namedClusterLingerMs,
    maxRetained: timings.maxRetainedClusters,
    hostsOnDemand: virtualHosts === "on-demand",
  };
}

function tlsFiles({ cert, key, clientCa }: NonNullable<Config["xds"]["tls"]>) {
  return { cert: { file: cert }, key: { file: key }, ...(clientCa !== undefined && { clientCa: { file: clientCa } }) };
}
