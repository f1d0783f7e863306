import type { WriteResult } from "../admin/schemas/resources.ts";
import { type AdminClient, createAdminClient } from "./admin-client.ts";
import type { AuthorOptions } from "./author-options.ts";
import { authorship } from "./authorship.ts";
import { awaitReception, requireAccepted } from "./await-reception.ts";
import { changeGroup, type GroupChange } from "./change-group.ts";
import { countsInWords, formatDifference, formatNewGroup } from "./print-difference.ts";
import { createProgress } from "./progress.ts";
import { readResourceFiles } from "./read-resource-files.ts";
import { readTimeout } from "./read-timeout.ts";

/** Options of `fairlead apply` and `fairlead diff`. */
export interface ChangeOptions {
  readonly admin: string;
  readonly group: string;
  readonly prune?: boolean;
  readonly allowEmpty?: boolean;
  readonly output: "text" | "json";
}

/** Options of `fairlead apply`. */
export interface ApplyOptions extends ChangeOptions, AuthorOptions {
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

/** `fairlead apply`: shows what files would change of a group, changes exactly that, and may wait for its proxies. */
export async function apply(files: readonly string[], options: ApplyOptions): Promise<void> {
  const { group, wait = false, dryRun = false } = options;
  const timeoutMs = readTimeout(options.timeout);
  const isText = options.output === "text";
  const say = (text: string) => void (isText && process.stdout.write(`${text}\n`));
  const client = createAdminClient(options.admin);
  const change = await readChange(files, options);
  const planned = await changeGroup(client, change, { dryRun: true });
  const isNewGroup = isOfNewGroup(planned);
  say(await formatPlan(client, group, planned));
  if (dryRun) {
    say("dry run: nothing was changed");
    if (!isText) printJson({ group, isNewGroup, dryRun, ...planned });
    return;
  }
  // Of what has just been shown, and of nothing else: who changed the group meanwhile is not overwritten.
  const { revision } = planned;
  const request = { dryRun: false, revision, ...authorship(options) };
  const done = planned.changed ? await changeGroup(client, change, request) : planned;
  say(done.changed ? `revision ${done.revision} is made: ${countsInWords(done.counts)}` : "nothing was changed");
  const made = { group, revision: done.revision, changed: done.changed };
  const reception = wait ? await awaitReception(client, made, { timeoutMs, progress: createProgress() }) : undefined;
  if (!isText) printJson({ group, isNewGroup, dryRun, ...done, diff: planned.diff, reception });
  if (reception) say(requireAccepted(made, reception, timeoutMs));
}

/** Reads the files of a change. */
export async function readChange(files: readonly string[], options: ChangeOptions): Promise<GroupChange> {
  const { group, prune = false, allowEmpty = false } = options;
  return { group, files: await readResourceFiles(files, group), prune, allowEmpty };
}

/** Whether a change that was tried by a dry run would make its group. */
export function isOfNewGroup({ revision, changed }: WriteResult): boolean {
  return revision === 0 && changed;
}

/** The difference that a dry run found, for people; a group that there is not is said to be new. */
export async function formatPlan(client: AdminClient, group: string, planned: WriteResult): Promise<string> {
  const difference = formatDifference(group, planned);
  if (!isOfNewGroup(planned)) return difference;
  const groups = await client.getAll<{ readonly group: string }>("/v1/groups", "groups");
  const others = groups.map(({ group }) => group);
  return `${formatNewGroup(group, others)}\n${difference}`;
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
