import type { z } from "zod";
import type { AnnouncementResult, RegisteredInstance } from "../admin/schemas/instances.ts";
import { type HostPort, parseHostPort } from "../config/host-port.ts";
import { type ErrorCode, FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";

/** Options of `fairlead register`. */
export interface RegisterOptions {
  readonly admin: string;
  readonly weight?: number;
  readonly region?: string;
  readonly zone?: string;
  readonly status: string;
  /** Seconds. */
  readonly ttl?: number;
}

/** `fairlead register`: registers an instance once; asked again it is a heartbeat. */
export async function register(service: string, id: string, address: string, options: RegisterOptions): Promise<void> {
  const { host, port } = readPlace(address);
  const { weight, region, zone, status, ttl } = options;
  const body = {
    address: host,
    port,
    status,
    ...(weight !== undefined && { weight }),
    ...(ttl !== undefined && { ttlMs: Math.round(ttl * 1_000) }),
    ...((region !== undefined || zone !== undefined) && { locality: { region, zone } }),
  };
  const client = createAdminClient(options.admin);
  const { revision } = await client
    .send<z.infer<typeof RegisteredInstance>>("PUT", pathOf(service, id), { body })
    .catch(tellTtlAsGiven);
  process.stdout.write(`${service}/${id} is registered, revision ${revision}\n`);
}

/** `fairlead deregister`: takes an instance away. */
export async function deregister(service: string, id: string, { admin }: { readonly admin: string }): Promise<void> {
  const body = { deregister: [{ service, id }] };
  const client = createAdminClient(admin);
  const answer = await client.send<z.infer<typeof AnnouncementResult>>("POST", "/v1/announcements", { body });
  const [refusal] = answer.refusals;
  if (refusal) throw new FairleadError(refusal.code as ErrorCode, refusal.message);
  process.stdout.write(`${service}/${id} is deregistered, revision ${answer.revision}\n`);
}

/**
 * Where an instance listens, from `HOST:PORT`.
 *
 * @throws FairleadError `usage`
 */
function readPlace(text: string): HostPort {
  const port = Number(/:(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (port < 1 || port > 65_535) {
    throw new FairleadError("usage", `${JSON.stringify(text)}: the port is out of range, it must be from 1 to 65535`);
  }
  const place = text.startsWith(":") ? undefined : parseHostPort(text);
  if (place) return place;
  throw new FairleadError("usage", `${JSON.stringify(text)} is no HOST:PORT: give where the instance listens`);
}

/** The server names the field of the API, in ms; which TTLs it takes is its own matter. */
function tellTtlAsGiven(error: unknown): never {
  const bounds = error instanceof FairleadError ? /^ttlMs .* from (\d+) to (\d+)/.exec(error.message) : null;
  if (!bounds) throw error;
  const [min, max] = [Number(bounds[1]) / 1_000, Number(bounds[2]) / 1_000];
  throw new FairleadError(
    "usage",
    `--ttl: the server takes ${min} to ${max} seconds (registry.minTtlMs and registry.maxTtlMs of its configuration)`,
    { cause: error },
  );
}

function pathOf(service: string, id: string): string {
  return `/v1/services/${encodeURIComponent(service)}/instances/${encodeURIComponent(id)}`;
}
