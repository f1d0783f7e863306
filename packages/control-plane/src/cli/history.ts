import type { RevisionDiff, StateDifferenceDocument } from "../admin/schemas/history.ts";
import type { Reception } from "../admin/schemas/reception.ts";
import type { RevisionDetail, RevisionDocument } from "../admin/schemas/revisions.ts";
import { FairleadError } from "../errors.ts";
import { type AdminClient, createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import { formatDifferenceOf } from "./format-state-diff.ts";
import { madeBy } from "./made-by.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { countsInWords } from "./print-difference.ts";
import { readSince } from "./read-since.ts";
import { shortType } from "./short-type.ts";
import { type Column, formatAge, formatColumns, printable } from "./table.ts";

/** Options of `fairlead history` and `fairlead get revisions`. */
export interface HistoryOptions {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly group?: string;
  readonly author?: string;
  readonly since?: string;
  readonly limit: number;
}

/** `fairlead history`: what changed when, by whom, and why, newest first. */
export async function listHistory(options: HistoryOptions): Promise<void> {
  const { group, author, limit } = options;
  const since = options.since === undefined ? undefined : readSince(options.since, Date.now());
  const client = createAdminClient(options.admin);
  const query = { group, author, since, limit: String(limit) };
  const { revisions } = await client.get<{ revisions: RevisionDocument[] }>("/v1/revisions", query);
  const isFiltered = [group, author, since].some((filter) => filter !== undefined);
  await print(options.output, { revisions }, ({ isWide }) => formatRevisions(revisions, { isWide, isFiltered }));
}

/** `fairlead history show`: what one revision changed, field by field, and how each proxy took it. */
export async function showRevision(revision: string, options: Pick<HistoryOptions, "admin" | "output">): Promise<void> {
  const client = createAdminClient(options.admin);
  requireRevisionName(revision);
  const detail = await client.get<RevisionDetail>(`/v1/revisions/${revision}`);
  const diff = await readOwnDiff(client, detail.revision);
  await print(options.output, { ...detail, diff }, () => formatDetail(detail, diff));
}

/** Against the revision before it, unless that is forgotten. */
async function readOwnDiff(client: AdminClient, revision: number): Promise<RevisionDiff | undefined> {
  try {
    return await client.get<RevisionDiff>(`/v1/revisions/${revision}~1/diff/${revision}`);
  } catch (error) {
    if (error instanceof FairleadError && error.code === "revision-forgotten") return undefined;
    throw error;
  }
}

/**
 * Refuses what names no revision.
 *
 * @throws FairleadError `usage`
 */
export function requireRevisionName(name: string): void {
  if (/^(?=.)(?:\d+|latest)?(?:~\d+)?$/.test(name)) return;
  throw new FairleadError(
    "usage",
    `${printable(name)} is no revision: \`fairlead history\` lists their numbers; \`latest\`, and \`~1\` for the one before, will do too`,
  );
}

const COLUMNS: readonly Column<RevisionDocument>[] = [
  { head: "REVISION", cell: ({ revision }) => String(revision) },
  { head: "AGE", cell: ({ at }) => formatAge(Date.now() - Date.parse(at)) },
  { head: "TIME", cell: ({ at }) => at, isExtra: true },
  { head: "BY", cell: ({ owners, author = owners.join(" ") }) => author },
  { head: "SOURCE", cell: ({ owners }) => owners.join(" ") },
  { head: "GROUPS", cell: groupsOf },
  { head: "DOCUMENTS", cell: documentsOf },
  { head: "RESOURCES", cell: namesOf, isExtra: true },
  { head: "VERSIONS", cell: versionsOf, isExtra: true },
  { head: "REASON", cell: ({ reason = "" }) => reason },
];

/** Groups named in a row; the others are counted. */
const MAX_GROUPS = 3;
/** Resources named in a row. */
const MAX_NAMES = 5;

function formatRevisions(
  revisions: readonly RevisionDocument[],
  { isWide, isFiltered }: { readonly isWide: boolean; readonly isFiltered: boolean },
): string {
  if (revisions.length === 0 && isFiltered) return "no revision that is remembered fits";
  if (revisions.length === 0) return "no revision is remembered: nothing has changed since the start";
  return formatColumns(COLUMNS, revisions, isWide);
}

function groupsOf({ groups, groupCount }: RevisionDocument): string {
  const shown = groups.slice(0, MAX_GROUPS).map(({ group, change, counts }) => {
    return `${group}: ${change === "changed" ? countsInWords(counts) : `${change}, ${countsInWords(counts)}`}`;
  });
  if (groupCount > shown.length) shown.push(`and ${groupCount - shown.length} more groups`);
  return shown.join("; ");
}

function documentsOf({ documents, documentCount }: RevisionDocument): string {
  if (documentCount > MAX_GROUPS) return `${documentCount} changed`;
  return documents.map(({ kind, key }) => `${key} ${kind}`).join("; ");
}

function namesOf({ groups }: RevisionDocument): string {
  const names = groups.flatMap(({ resources }) =>
    resources.map(({ typeUrl, name }) => `${shortType(typeUrl)}/${name}`),
  );
  return [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ["…"] : [])].join(" ");
}

function versionsOf({ groups }: RevisionDocument): string {
  const versions = groups.flatMap((group) => Object.entries(group.versions));
  return versions.map(([typeUrl, version]) => `${shortType(typeUrl)}=${version}`).join(" ");
}

function formatDetail(detail: RevisionDetail, diff: RevisionDiff | undefined): string {
  const { revision, at, reason, groups, documents, documentCount, reception } = detail;
  const by = `revision ${revision}, ${formatAge(Date.now() - Date.parse(at))} ago, by ${madeBy(detail)}`;
  const head = reason === undefined ? by : `${by}: ${reason}`;
  const parts = groups.map(({ group, change, counts, resources }) => {
    const title = `${printable(group)} (${change}): ${countsInWords(counts)}`;
    const names = diff?.differences.filter((difference) => difference.group === group) ?? ofResources(resources);
    return [title, ...names.map(formatDifferenceOf), ...formatReception(reception[group])].join("\n");
  });
  if (documentCount > 0) {
    const changed = diff?.differences.filter(({ of }) => of === "document") ?? ofDocuments(documents);
    parts.push([`documents: ${documentCount} changed`, ...changed.map(formatDifferenceOf)].join("\n"));
  }
  if (diff?.next !== undefined)
    parts.push(`and more: \`fairlead history diff ${revision}~1 ${revision} --limit 1000\``);
  return [printable(head), ...parts].join("\n\n");
}

/** Names without what differs, which is not known any more. */
function ofResources(resources: RevisionDetail["groups"][number]["resources"]): StateDifferenceDocument[] {
  return resources.map((resource) => ({ of: "resource", ...resource }));
}

function ofDocuments(documents: RevisionDetail["documents"]): StateDifferenceDocument[] {
  return documents.map((document) => ({ of: "document", ...document }));
}

function formatReception(reception: Reception | undefined): string[] {
  if (!reception) return [];
  const { acked, rejected, pending } = reception;
  const tell = (what: string) => (straggler: Reception["pending"][number]) => {
    const { node, typeUrl, name = "", message } = straggler;
    return printable(`  ${node}: ${what} ${`${shortType(typeUrl)} ${name}`.trimEnd()}: ${message}`);
  };
  return [
    `  accepted by ${acked === 1 ? "1 proxy" : `${acked} proxies`}`,
    ...rejected.map(tell("rejected")).map((line) => paint("red", line)),
    ...pending.map(tell("has not taken")),
  ];
}
