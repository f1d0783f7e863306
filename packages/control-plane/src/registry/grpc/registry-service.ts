import type { ServiceFactory } from "@fairlead/xds";
import { Registry as RegistryService } from "../../../gen/fairlead/registry/v1/registry_pb.js";
import type { Store } from "../../store/store.ts";
import type { Registry } from "../registry.ts";
import { announceMethod } from "./announce.ts";
import { watchMethod } from "./watch.ts";

/** `fairlead.registry.v1.Registry`: services announce themselves over gRPC, and whoever wants to know watches them. */
export function registryService(registry: Registry, store: Store): ServiceFactory {
  return () => ({ desc: RegistryService, methods: [announceMethod(registry), watchMethod(store)] });
}
