import type { Instance } from "../registry/instance.ts";
import type { Heard } from "../registry/registry.ts";
import type { InstanceDocument } from "./schemas/instances.ts";

/** An instance as the admin API shows it, with what was heard of it here. */
export function instanceDocument(instance: Instance, heard?: Heard): InstanceDocument {
  const { isHealthy, owner, ...registration } = instance;
  return {
    ...registration,
    healthy: isHealthy,
    owner,
    ...(heard && { heardAt: new Date(heard.atMs).toISOString() }),
  };
}
