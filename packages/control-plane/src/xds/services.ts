import type { Schema } from "@fairlead/envoy-api";
import { healthService, reflectionServices, type ServiceFactory } from "@fairlead/xds";
import type { Config } from "../config/config.ts";

/** The gRPC services beside discovery, as the configuration says. */
export function servicesOf({ xds: { services } }: Config, schema: () => Schema): ServiceFactory[] {
  const reflection = services.reflection ? reflectionServices({ registry: () => schema().registry }) : [];
  return [healthService(), ...reflection];
}
