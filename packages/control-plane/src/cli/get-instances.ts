import { setTimeout } from "node:timers/promises";
import type { InstanceDocument } from "../admin/schemas/instances.ts";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { readServerSentEvents, type ServerSentEvent } from "./server-sent-events.ts";
import { type Column, formatAge, formatColumns, printable } from "./table.ts";

/** Options of `fairlead get instances`. */
export interface GetInstancesOptions {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly follow?: boolean;
}

/** A control plane that went away is asked again after so long, ms. */
const RETRY_MS = 1_000;

/** `fairlead get instances`: the instances of a service, or with `--follow` each change of them, through restarts of the control plane. */
export async function getInstances(service: string, options: GetInstancesOptions): Promise<void> {
  if (options.follow) return await followInstances(service, options);
  const path = `/v1/services/${encodeURIComponent(service)}/instances`;
  const instances = await createAdminClient(options.admin).getAll<InstanceDocument>(path, "instances");
  await print(options.output, { instances }, ({ isWide }) => formatColumns(COLUMNS, instances, isWide));
}

const COLUMNS: readonly Column<InstanceDocument>[] = [
  { head: "INSTANCE", cell: ({ id }) => id },
  { head: "ADDRESS", cell: addressOf },
  { head: "STATUS", cell: ({ status }) => status },
  { head: "HEALTH", cell: ({ healthy }) => (healthy ? "healthy" : "silent") },
  { head: "HEARD", cell: ({ heardAt }) => (heardAt === undefined ? "" : formatAge(Date.now() - Date.parse(heardAt))) },
  { head: "WEIGHT", cell: ({ weight }) => String(weight) },
  {
    head: "LOCALITY",
    cell: ({ locality: { region, zone, subZone } }) => [region, zone, subZone].join("/").replace(/^\/+$/, ""),
  },
  { head: "OWNER", cell: ({ owner }) => owner },
  { head: "TTL", cell: ({ ttlMs }) => `${ttlMs}ms`, isExtra: true },
  { head: "INCARNATION", cell: ({ incarnation }) => String(incarnation), isExtra: true },
  { head: "SEQUENCE", cell: ({ sequence }) => String(sequence), isExtra: true },
  { head: "METADATA", cell: ({ metadata }) => JSON.stringify(metadata), isExtra: true },
];

function addressOf({ address, port }: Pick<InstanceDocument, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

async function followInstances(services: string, { admin, output }: GetInstancesOptions): Promise<void> {
  const client = createAdminClient(admin);
  let lastId: string | undefined;
  let isFirst = true;
  for (;;) {
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { "last-event-id": lastId };
      for await (const event of readServerSentEvents(
        await client.open("/v1/instances/events", { services }, headers),
      )) {
        isFirst = false;
        lastId = event.id ?? lastId;
        if (output === "json") process.stdout.write(`${JSON.stringify({ event: event.type, ...event.data })}\n`);
        else for (const line of linesOf(event)) process.stdout.write(`${printable(line)}\n`);
      }
    } catch (error) {
      // What never worked is told at once; what did is waited for.
      const isPassing =
        error instanceof FairleadError && (error.code === "admin-unreachable" || error.code === "too-busy");
      if (isFirst || (error instanceof FairleadError && !isPassing)) throw error;
    }
    await setTimeout(RETRY_MS);
  }
}

function linesOf({ type, data }: ServerSentEvent): string[] {
  if (type !== "instances") return typeof data.message === "string" ? [data.message] : [];
  const { instances, removed } = data as unknown as {
    readonly instances: readonly InstanceDocument[];
    readonly removed: readonly { readonly id: string }[];
  };
  return [
    ...instances.map((it) => `${it.id} ${addressOf(it)} ${it.status} ${it.healthy ? "healthy" : "silent"}`),
    ...removed.map(({ id }) => `${id} gone`),
  ];
}
