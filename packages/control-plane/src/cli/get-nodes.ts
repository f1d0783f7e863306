import type { NodeDocument } from "../admin/schemas/nodes.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import { type OutputFormat, print } from "./print.ts";
import { shortType } from "./short-type.ts";
import { formatAge, formatTable, printable } from "./table.ts";

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
  await print(options.output, { nodes }, () => formatNodes(nodes, options.why === true));
}

function formatNodes(nodes: readonly NodeDocument[], isWhy: boolean): string {
  if (nodes.length === 0) {
    return "no proxy is connected; `fairlead bootstrap envoy` prints what Envoy needs for it (--observers: those that only watch)";
  }
  const header = ["NODE", "GROUP", "STATE", "TYPES", "REVISION", "PEER", "CONNECTED", "CLIENT"];
  const table = formatTable(
    header,
    nodes.map((node) => [
      node.id,
      node.group ?? "(none)",
      node.state,
      typesOf(node),
      String(node.revision),
      node.peer,
      formatAge(Date.now() - Date.parse(node.connectedAt)),
      node.isObserver ? `${node.userAgent} (observer)` : node.userAgent,
    ]),
  );
  const notes = nodes.flatMap((node) => [...rejections(node), ...(isWhy ? reasons(node) : [])]);
  return notes.length > 0 ? `${table}\n\n${notes.join("\n")}` : table;
}

/** `cds eds lds rds`, with what is not in sync marked. */
function typesOf(node: NodeDocument): string {
  const marks = { SYNCED: "", PENDING: "?", REJECTED: "!" };
  return node.types.map((type) => shortType(type.typeUrl) + marks[type.state]).join(" ");
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
