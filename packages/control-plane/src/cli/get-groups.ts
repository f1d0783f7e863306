import type { z } from "zod";
import type { GroupDocument } from "../admin/schemas/groups.ts";
import { createAdminClient } from "./admin-client.ts";
import { paint } from "./colours.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { shortType } from "./short-type.ts";
import { type Column, formatColumns, printable } from "./table.ts";

type Group = z.infer<typeof GroupDocument>;

/** `fairlead get groups`: what groups there are, what they hold, and what is wrong with their newest input. */
export async function getGroups(options: { readonly admin: string; readonly output: OutputFormat }): Promise<void> {
  const groups = await createAdminClient(options.admin).getAll<Group>("/v1/groups", "groups");
  await print(options.output, { groups }, ({ isWide }) => formatGroups(groups, isWide));
}

const COLUMNS: readonly Column<Group>[] = [
  { head: "GROUP", cell: ({ group }) => group },
  { head: "STATE", cell: ({ state }) => state },
  { head: "REVISION", cell: ({ revision }) => String(revision) },
  { head: "RESOURCES", cell: ({ resources }) => byType(resources) || "none" },
  { head: "VERSIONS", cell: ({ versions }) => byType(versions), isExtra: true },
  { head: "INCLUDES", cell: ({ includes = [] }) => includes.join(" ") },
  { head: "OWNERS", cell: ({ owners }) => owners.join(" ") },
  { head: "NODES", cell: ({ nodes }) => String(nodes) },
];

function byType(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([typeUrl, value]) => `${shortType(typeUrl)}=${value}`)
    .sort()
    .join(" ");
}

function formatGroups(groups: readonly Group[], isWide: boolean): string {
  if (groups.length === 0)
    return "there are no groups: give `fairlead serve` a directory, or PUT resources to the admin API";
  const table = formatColumns(COLUMNS, groups, isWide);
  const faults = groups.flatMap(({ group, faults = [] }) =>
    faults.map(({ file, line, column, message }) => {
      const place = [file, line, column].filter((part) => part !== undefined).join(":");
      return `${paint("red", printable(`${group}: ${place}`.trimEnd()))} ${printable(message)}`;
    }),
  );
  const missing = groups.flatMap(({ group, missing: names = [] }) =>
    names.map((name) => {
      const what = `includes ${name}, which is not there: it is served as it was before, or not at all`;
      return `${paint("red", printable(`${group}:`))} ${printable(what)}`;
    }),
  );
  const told = [...faults, ...missing];
  return told.length > 0 ? `${table}\n\n${told.join("\n")}` : table;
}
