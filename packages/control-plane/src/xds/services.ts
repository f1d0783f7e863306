import type { Schema } from "@fairlead/envoy-api";
import {
  accessLogService,
  healthService,
  loadReportingService,
  reflectionServices,
  type ServiceFactory,
} from "@fairlead/xds";
import type { Config } from "../config/config.ts";

/** The gRPC services beside discovery, as the configuration says. */
export function servicesOf({ xds: { services } }: Config, schema: () => Schema): ServiceFactory[] {
  const { reflection, loadReports, accessLogs } = services;
  return [
    healthService(),
    ...(reflection ? reflectionServices({ registry: () => schema().registry }) : []),
    ...(loadReports.enabled ? [loadReportingService(loadReports)] : []),
    ...(accessLogs ? [accessLogService()] : []),
  ];
}
