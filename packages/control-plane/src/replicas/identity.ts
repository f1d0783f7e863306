import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { formatHostPort, type HostPort } from "../config/host-port.ts";
import type { Config } from "../config/schema.ts";

/** Addresses that stand for all of the machine's. */
const EVERYWHERE = ["::", "0.0.0.0"];

/**
 * What a replica is called: as configured, else after its host; beside others with random characters, since two may share a host,
 * and one that comes back is another one.
 */
export function replicaId({ replica }: Config, hasOthers: boolean): string {
  const host =
    hostname()
      .replace(/[^\w.-]/g, "-")
      .slice(0, 100) || "fairlead";
  return replica.id ?? (hasOthers ? `${host}-${randomBytes(4).toString("hex")}` : host);
}

/** Where others reach the admin API that listens there. */
export function adminUrlOf({ replica }: Config, { host, port }: HostPort): string {
  return replica.adminUrl ?? `http://${formatHostPort({ host: EVERYWHERE.includes(host) ? hostname() : host, port })}`;
}
