import type { Reception } from "../admin/schemas/reception.ts";
import type { RevisionDetail, RevisionDocument } from "../admin/schemas/revisions.ts";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { countsInWords } from "./print-difference.ts";
import { shortType } from "./short-type.ts";
import { type Column, formatAge, formatColumns, printable } from "./table.ts";

/** Options of `fairlead get revisions`. */
export interface GetRevisionsOptions {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly group?: string;
  readonly limit: string;
}

/** `fairlead get revisions`: what changed when, by whom, and why; of one revision, how each proxy took it. */
export async function getRevisions(revision: string | undefined, options: GetRevisionsOptions): Promise<void> {
  const client = createAdminClient(options.admin);
  if (revision === undefined) {
    const query = { group: options.group, limit: options.limit };
    const { revisions } = await client.get<{ revisions: RevisionDocument[] }>("/v1/revisions", query);
    await print(options.output, { revisions }, ({ isWide }) => formatRevisions(revisions, isWide));
    return;
  }
  if (!/^\d+$/.test(revision)) {
    throw new FairleadError("usage", `${revision} is no revision: \`fairlead get revisions\` lists their numbers`);
  }
  const detail = await client.get<RevisionDetail>(`/v1/revisions/${revision}`);
  await print(options.output, detail, () => formatDetail(detail));
}

const COLUMNS: readonly Column<RevisionDocument>[] = [
  { head: "REVISION", cell: ({ revision }) => String(revision) },
  { head: "AGE", cell: ({ at }) => formatAge(Date.now() - Date.parse(at)) },
  { head: "TIME", cell: ({ at }) => at, isExtra: true },
  { head: "BY", cell: ({ owners }) => owners.join(" ") },
  { head: "GROUPS", cell: groupsOf },
  { head: "RESOURCES", cell: namesOf, isExtra: true },
  { head: "VERSIONS", cell: versionsOf, isExtra: true },
  { head: "REASON", cell: ({ reason = "" }) => reason },
];

/** Groups named in a row; the others are counted. */
const MAX_GROUPS = 3;
/** Resources named in a row. */
const MAX_NAMES = 5;

function formatRevisions(revisions: readonly RevisionDocument[], isWide: boolean): string {
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

function formatDetail(detail: RevisionDetail): string {
  const { revision, at, owners, reason, groups, reception } = detail;
  const by = `revision ${revision}, ${formatAge(Date.now() - Date.parse(at))} ago, by ${owners.join(" and ")}`;
  const head = reason === undefined ? by : `${by}: ${reason}`;
  const parts = groups.map(({ group, change, counts, resources }) => {
    const marks = { added: paint("green", "+"), changed: paint("yellow", "~"), removed: paint("red", "-") };
    const names = resources.map(
      ({ kind, typeUrl, name }) => `  ${marks[kind]} ${shortType(typeUrl)} ${printable(name)}`,
    );
    const title = `${printable(group)} (${change}): ${countsInWords(counts)}`;
    return [title, ...names, ...formatReception(reception[group])].join("\n");
  });
  return [printable(head), ...parts].join("\n\n");
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
