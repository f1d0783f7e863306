import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { formatHostPort, type HostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";

/** What a request that is being answered gets when the end has come, ms. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Binds the admin API; returns the bound address.
 *
 * @throws FairleadError `address-in-use` (by another Fairlead, most likely), `address-unusable`
 */
export async function listenAdmin(app: FastifyInstance, listen: HostPort): Promise<HostPort> {
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (cause) {
    throw listenError("admin API", "--admin HOST:PORT", listen, cause);
  }
  const { address, port } = app.server.address() as AddressInfo;
  return { host: address, port };
}

/** Ends the admin API: requests being answered have {@link CLOSE_GRACE_MS} to end, then their connections do. */
export async function closeAdmin(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  await app.close();
  clearTimeout(late);
}

/** The error of an address that cannot be bound, with what mends it. */
export function listenError(what: string, option: string, listen: HostPort, cause: unknown): FairleadError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const place = formatHostPort(listen);
  if (code === "EADDRINUSE") {
    const text = `the ${what}'s address ${place} is in use, perhaps by another \`fairlead serve\`: end that, or choose another by ${option}`;
    return new FairleadError("address-in-use", text, { cause });
  }
  const text = `the ${what} cannot listen on ${place}: ${message}; choose another address by ${option}`;
  return new FairleadError("address-unusable", text, { cause });
}
