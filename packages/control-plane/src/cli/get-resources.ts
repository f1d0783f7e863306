import type { z } from "zod";
import type { ServedResource } from "../admin/schemas/resources.ts";
import { createAdminClient } from "./admin-client.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { shortType } from "./short-type.ts";
import { type Column, formatColumns } from "./table.ts";

type Resource = z.infer<typeof ServedResource> & { readonly group: string };

/** Options of `fairlead get resources`. */
export interface GetResourcesOptions {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly group?: string;
  readonly type?: string;
  readonly name?: string;
}

/** `fairlead get resources`: what is served, by whom it is defined, and in full as JSON or YAML. */
export async function getResources(options: GetResourcesOptions): Promise<void> {
  const client = createAdminClient(options.admin);
  const groups = options.group === undefined ? await groupNames() : [options.group];
  const resources: Resource[] = [];
  for (const group of groups) {
    const path = `/v1/groups/${encodeURIComponent(group)}/resources`;
    const found = await client.getAll<Resource>(path, "resources", { type: options.type, name: options.name });
    resources.push(...found.map((resource) => ({ ...resource, group })));
  }
  await print(options.output, { resources }, ({ isWide }) => formatResources(resources, isWide));

  async function groupNames(): Promise<string[]> {
    return (await client.getAll<{ group: string }>("/v1/groups", "groups")).map(({ group }) => group);
  }
}

const COLUMNS: readonly Column<Resource>[] = [
  { head: "GROUP", cell: ({ group }) => group },
  { head: "TYPE", cell: ({ typeUrl }) => shortType(typeUrl) },
  { head: "NAME", cell: ({ name }) => name },
  { head: "VERSION", cell: ({ version }) => version },
  { head: "ALIASES", cell: ({ aliases = [] }) => aliases.join(" "), isExtra: true },
  { head: "TTL", cell: ({ ttlMs }) => (ttlMs === undefined ? "" : `${ttlMs}ms`), isExtra: true },
  { head: "BYTES", cell: ({ resource }) => String(Buffer.byteLength(JSON.stringify(resource))), isExtra: true },
  { head: "OWNER", cell: ({ owner }) => owner },
  { head: "PLACE", cell: ({ place }) => place },
];

function formatResources(resources: readonly Resource[], isWide: boolean): string {
  if (resources.length === 0) return "there are no such resources";
  return formatColumns(COLUMNS, resources, isWide);
}
