import type { Schema } from "@fairlead/envoy-api";
import {
  accessLogService,
  clientStatusService,
  healthService,
  loadReportingService,
  reflectionServices,
  type ServiceFactory,
} from "@fairlead/xds";
import type { Config } from "../config/config.ts";
import { globMatcher } from "../groups/glob.ts";
import { redactBytes } from "../resources/redact-bytes.ts";

/** The gRPC services beside discovery, as the configuration says. */
export function servicesOf(
  { xds: { services } }: Config,
  schema: () => Schema,
  registry: ServiceFactory,
): ServiceFactory[] {
  const { reflection, csds, loadReports, accessLogs } = services;
  const { readers } = csds;
  const isReader = globMatcher(readers);
  return [
    healthService(),
    registry,
    ...(reflection ? reflectionServices({ registry: () => schema().registry }) : []),
    ...(csds.show === "off"
      ? []
      : [
          clientStatusService({
            show: csds.show,
            isReader: (sans) => sans.some(isReader),
            redact: (typeUrl, value) => redactBytes(schema(), typeUrl, value),
          }),
        ]),
    ...(loadReports.enabled ? [loadReportingService(loadReports)] : []),
    ...(accessLogs ? [accessLogService()] : []),
  ];
}
