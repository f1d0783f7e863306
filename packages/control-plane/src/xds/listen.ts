import { createXdsServer, type SnapshotSource, type XdsServer } from "@fairlead/xds";
import { type Config, parseHostPort } from "../config/config.ts";

/**
 * Starts the xDS server as the configuration says.
 *
 * @throws FairleadError `address-in-use`, `address-unusable`
 */
export async function listenXds(config: Config, source: SnapshotSource): Promise<XdsServer> {
  return createXdsServer({ source, listen: parseHostPort(config.xds.listen)! });
}
