import type { ServiceDocument } from "../admin/schemas/services.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { type Column, formatAge, formatColumns, printable } from "./table.ts";

/** Options of `fairlead get services`. */
export interface GetServicesOptions {
  readonly admin: string;
  readonly output: OutputFormat;
}

/** `fairlead get services`: which services announce themselves, and which of them fell silent. */
export async function getServices(options: GetServicesOptions): Promise<void> {
  const services = await createAdminClient(options.admin).getAll<ServiceDocument>("/v1/services", "services");
  await print(options.output, { services }, ({ isWide }) => formatServices(services, isWide));
}

const COLUMNS: readonly Column<ServiceDocument>[] = [
  { head: "SERVICE", cell: ({ service }) => service },
  { head: "INSTANCES", cell: ({ instances }) => String(instances) },
  { head: "HEALTHY", cell: ({ healthy }) => String(healthy) },
  { head: "DRAINING", cell: ({ draining }) => String(draining) },
  { head: "SETTINGS", cell: ({ settings }) => (settings ? "own" : "") },
];

function formatServices(services: readonly ServiceDocument[], isWide: boolean): string {
  if (services.length === 0) return "no service announces itself; `fairlead register` registers an instance of one";
  const alarms = services.flatMap(({ service, alarm }) => {
    if (!alarm) return [];
    const age = formatAge(Date.now() - Date.parse(alarm.since));
    return [
      paint(
        "red",
        printable(
          `${service}: ${alarm.silent} of ${alarm.total} instances fell silent ${age} ago, too many at once: their last good ` +
            `state is served. Gone for good? POST /v1/alarms/${service}/accept`,
        ),
      ),
    ];
  });
  return [formatColumns(COLUMNS, services, isWide), ...(alarms.length > 0 ? ["", ...alarms] : [])].join("\n");
}
