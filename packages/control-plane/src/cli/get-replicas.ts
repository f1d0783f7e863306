import type { ReplicaDocument, ReplicaList } from "../admin/schemas/replicas.ts";
import { createAdminClient } from "./admin-client.ts";
import { missingLines } from "./missing-lines.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { type Column, formatAge, formatColumns } from "./table.ts";

/** `fairlead get replicas`: the control planes that serve one store, and how each is doing. */
export async function getReplicas(options: { readonly admin: string; readonly output: OutputFormat }): Promise<void> {
  const list = await createAdminClient(options.admin).get<ReplicaList>("/v1/replicas");
  await print(options.output, list, ({ isWide }) => {
    return [formatColumns(COLUMNS, list.replicas, isWide), ...missingLines(list.missing ?? [])].join("\n");
  });
}

const COLUMNS: readonly Column<ReplicaDocument>[] = [
  { head: "REPLICA", cell: ({ id, self }) => (self ? `${id} *` : id) },
  { head: "STATE", cell: stateOf },
  { head: "SOURCES", cell: ({ runsSources }) => (runsSources ? "runs them" : "") },
  { head: "REVISION", cell: ({ revision }) => String(revision ?? "") },
  { head: "NODES", cell: ({ nodes }) => String(nodes ?? "") },
  { head: "ADMIN", cell: ({ adminUrl }) => adminUrl },
  { head: "UP", cell: ({ startedAt }) => (startedAt ? formatAge(Date.now() - Date.parse(startedAt)) : "") },
];

/** The worst that is to be said of it. */
function stateOf({ ready, storeReachable }: ReplicaDocument): string {
  if (ready === undefined) return "unknown";
  if (!ready) return "not ready";
  return storeReachable === false ? "cut off" : "ready";
}
