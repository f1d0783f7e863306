import type { z } from "zod";
import type { NodeById, NodeDocument, NodesPage } from "../admin/schemas/nodes.ts";
import type { MissingReplica } from "../replicas/ask-others.ts";
import { type AdminClient, createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import { missingLines } from "./missing-lines.ts";
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
  const { nodes, missing } = id === undefined ? await listAll(client, query) : await showOne(client, id);
  await print(options.output, { nodes, ...(missing.length > 0 && { missing }) }, ({ isWide }) => {
    return [formatNodes(nodes, { isWhy: options.why === true, isWide }), ...missingLines(missing)].join("\n");
  });
}

/** Proxies, and the replicas that said nothing of theirs. */
interface Nodes {
  readonly nodes: readonly NodeDocument[];
  readonly missing: readonly MissingReplica[];
}

async function listAll(client: AdminClient, query: Readonly<Record<string, string | undefined>>): Promise<Nodes> {
  const nodes: NodeDocument[] = [];
  const missing = new Map<string, MissingReplica>();
  let after: string | undefined;
  do {
    const page: z.infer<typeof NodesPage> = await client.get("/v1/nodes", { ...query, after });
    nodes.push(...page.nodes);
    for (const one of page.missing ?? []) missing.set(one.replica, one);
    after = page.next;
  } while (after !== undefined);
  return { nodes, missing: [...missing.values()] };
}

async function showOne(client: AdminClient, id: string): Promise<Nodes> {
  const { clients, missing = [] } = await client.get<z.infer<typeof NodeById>>(`/v1/nodes/${encodeURIComponent(id)}`);
  return { nodes: clients, missing };
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
  const isOne = new Set(nodes.map(({ replica }) => replica)).size === 1;
  const held = { head: "REPLICA", cell: ({ replica }: NodeDocument) => replica, isExtra: isOne };
  const table = formatColumns([...COLUMNS, held], nodes, isWide);
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
