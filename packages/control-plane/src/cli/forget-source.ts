import type { ForgottenSource } from "../admin/schemas/sources.ts";
import { createAdminClient } from "./admin-client.ts";
import { printJson } from "./apply.ts";
import type { AuthorOptions } from "./author-options.ts";
import { authorship } from "./authorship.ts";
import { countOf } from "./count-of.ts";
import { printable } from "./table.ts";

/** Options of `fairlead source forget`. */
export interface ForgetSourceOptions extends AuthorOptions {
  readonly admin: string;
  readonly output: "text" | "json";
  readonly dryRun?: boolean;
}

/** `fairlead source forget`: withdraws what a source left that is in no configuration any more. */
export async function forgetSource(source: string, options: ForgetSourceOptions): Promise<void> {
  const { admin, output, dryRun = false } = options;
  const query = { ...authorship(options), dryRun: dryRun ? "true" : undefined };
  const path = `/v1/sources/${encodeURIComponent(source)}`;
  const left = await createAdminClient(admin).send<ForgottenSource>("DELETE", path, { body: undefined, query });
  if (output === "json") return printJson({ dryRun, ...left });
  const lines = left.byGroup.map(({ group, resources }) => `  ${printable(group)}: ${countOf(resources, "resource")}`);
  const more = left.groups - left.byGroup.length;
  if (more > 0) lines.push(`  and ${countOf(more, "group")} more`);
  const done = dryRun ? "dry run: nothing was changed" : `revision ${left.revision}: it is withdrawn`;
  const head = `${printable(source)} left ${countOf(left.resources, "resource")} in ${countOf(left.groups, "group")}`;
  process.stdout.write(`${[head, ...lines, done].join("\n")}\n`);
}
