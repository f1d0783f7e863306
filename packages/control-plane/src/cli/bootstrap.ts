import { parseHostPort } from "../config/host-port.ts";
import type { BootstrapMode } from "./bootstrap-modes.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";
import { findXds, type XdsOptions } from "./find-xds.ts";

/** Options of `fairlead bootstrap envoy`. */
export interface BootstrapEnvoyOptions extends XdsOptions {
  readonly mode: BootstrapMode;
  readonly node: string;
  readonly cluster: string;
  readonly envoyAdmin: string;
}

/** `fairlead bootstrap envoy`: prints a bootstrap that works with the running control plane. */
export async function bootstrapEnvoy(options: BootstrapEnvoyOptions): Promise<void> {
  const { mode, node, cluster, envoyAdmin } = options;
  const { address, tls } = await findXds(options);
  const envoyAdminAddress = parseHostPort(envoyAdmin)!;
  process.stdout.write(
    envoyBootstrap({ mode, nodeId: node, nodeCluster: cluster, xds: address, envoyAdmin: envoyAdminAddress, tls }),
  );
}
