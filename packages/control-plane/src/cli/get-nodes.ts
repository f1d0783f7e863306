import type { NodeDocument } from "../admin/schemas/nodes.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { shortType } from "./short-type.ts";
import { type Column, formatAge, formatColumns, printable } from "./table.ts";

/** Most rejected resources of one type that are printed. */
const MAX_REJECTED = 10;

/** Options of `fairlead get nodes`. */
export interface GetNodesOptions {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly group?: string;
  readonly why?: boolean;
  readonly observers?: boolean;
}

/** `fairlead get nodes`: who is connected, what each accepted or rejected, and with `--why` what it waits for. */
export async function getNodes(id: string | undefined, options: GetNodesOptions): Promise<void> {
  const client = createAdminClient(options.admin);
  const query = { group: options.group, observers: options.observers ? "true" : undefined };
  const nodes =
    id === undefined
      ? await client.getAll<NodeDocument>("/v1/nodes", "nodes", query)
      : (await client.get<{ clients: NodeDocument[] }>(`/v1/nodes/${encodeURIComponent(id)}`)).clients;
  await print(options.output, { nodes }, ({ isWide }) => {
    return formatNodes(nodes, { isWhy: options.why === true, isWide });
  });
}

const COLUMNS: readonly Column<NodeDocument>[] = [
  { head: "NODE", cell: ({ id }) => id },
  { head: "CLUSTER", cell: ({ cluster }) => cluster, isExtra: true },
  { head: "GROUP", cell: ({ group }) => group ?? "(none)" },
  { head: "STATE", cell: ({ state }) => state },
  { head: "TYPES", cell: typesOf },
  { head: "ACKED", cell: ackedOf, isExtra: true },
  { head: "REVISION", cell: ({ revision }) => String(revision) },
  { head: "PEER", cell: ({ peer }) => peer },
  { head: "CONNECTED", cell: ({ connectedAt }) => formatAge(Date.now() - Date.parse(connectedAt)) },
  { head: "STREAMS", cell: ({ streams }) => String(streams.length), isExtra: true },
  { head: "CLIENT", cell: ({ userAgent, isObserver }) => (isObserver ? `${userAgent} (observer)` : userAgent) },
  { head: "SANS", cell: ({ sans }) => sans.join(" "), isExtra: true },
];

function formatNodes(
  nodes: readonly NodeDocument[],
  { isWhy, isWide }: { readonly isWhy: boolean; readonly isWide: boolean },
): string {
  if (nodes.length === 0) {
    return "no proxy is connected; `fairlead bootstrap envoy` prints what Envoy needs for it (--observers: those that only watch)";
  }
  const table = formatColumns(COLUMNS, nodes, isWide);
  const notes = nodes.flatMap((node) => [...rejections(node), ...(isWhy ? reasons(node) : [])]);
  return notes.length > 0 ? `${table}\n\n${notes.join("\n")}` : table;
}

/** `cds eds lds rds`, with what is not in sync marked. */
function typesOf(node: NodeDocument): string {
  const marks = { SYNCED: "", PENDING: "?", REJECTED: "!" };
  return node.types.map((type) => shortType(type.typeUrl) + marks[type.state]).join(" ");
}

/** What it last accepted of each type, in which mode. */
function ackedOf(node: NodeDocument): string {
  return node.types.map(({ typeUrl, mode, ackedVersion }) => `${shortType(typeUrl)}=${ackedVersion || mode}`).join(" ");
}

function rejections(node: NodeDocument): string[] {
  return node.types.flatMap(({ typeUrl, nack, state, rejected }) => {
    if (!nack || state !== "REJECTED") return [];
    const type = shortType(typeUrl);
    const say = (what: string, { message, at }: { readonly message: string; readonly at: string }) =>
      `${paint("red", printable(`${node.id}: rejected ${type} ${what}, ${ago(at)}:`))} ${printable(message)}`;
    if (rejected.length === 0) return [say(nack.version, nack)];
    const lines = rejected.slice(0, MAX_REJECTED).map((resource) => say(resource.name, resource));
    const more = rejected.length - MAX_REJECTED;
    return more > 0 ? [...lines, printable(`${node.id}: and ${more} more ${type} (-o json shows them)`)] : lines;
  });
}

function reasons(node: NodeDocument): string[] {
  if (node.waits.length === 0) return [`${printable(node.id)}: waits for nothing`];
  return node.waits.map(({ stage, typeUrl, names, reason, since }) => {
    const what = [
      shortType(typeUrl),
      ...names.slice(0, 5),
      ...(names.length > 5 ? [`and ${names.length - 5} more`] : []),
    ];
    return printable(`${node.id}: ${stage}: ${what.join(" ")} waits for ${reason}, since ${ago(since)}`);
  });
}

function ago(time: string): string {
  return `${formatAge(Date.now() - Date.parse(time))} ago`;
}
