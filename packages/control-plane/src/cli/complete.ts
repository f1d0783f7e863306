import type { Command } from "commander";
import { ADMIN_URL } from "./admin-option.ts";
import { type Candidate, completeWords, type LookUp } from "./complete-words.ts";
import { printable } from "./table.ts";

/** A shell waits for it, and so does whoever types, ms. */
const LOOK_UP_MS = 700;
/** The most names of a kind that are offered. */
const MAX_NAMES = 1_000;

/**
 * `fairlead __complete`, which the scripts of `fairlead completion` ask: a candidate a line, behind a tab what it is, and
 * last a line `:files`, `:directories` or `:` for what the shell is to complete itself. Never an error: there is nobody
 * to read it.
 */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const { candidates, paths = "" } = await completeWords(program, words, lookUp);
  const lines = candidates
    .filter(({ word }) => word !== "" && word === printable(word))
    .map(({ word, about }) => (about === "" ? word : `${word}\t${printable(about.split("\n", 1)[0]!)}`));
  process.stdout.write(`${[...lines, `:${paths}`].join("\n")}\n`);
}

const lookUp: LookUp = async (kind, chosen) => {
  const ask = (path: string, query: Record<string, string> = {}) => askAdmin(path, query, chosen);
  const limit = String(MAX_NAMES);
  if (kind === "type") return await types();
  if (kind === "node") {
    const { nodes = [] } = await ask("/v1/nodes", { limit });
    return unique(nodes.map(({ id, group = "" }) => ({ word: id ?? "", about: group })));
  }
  if (kind === "group") {
    const { groups = [] } = await ask("/v1/groups", { limit });
    return groups.map(({ group = "", state = "" }) => ({ word: group, about: state === "ok" ? "" : state }));
  }
  if (kind === "service") {
    const { services = [] } = await ask("/v1/services", { limit });
    return services.map(({ service = "" }) => ({ word: service, about: "" }));
  }
  if (kind === "revision") {
    const { revisions = [] } = await ask("/v1/revisions");
    return revisions.map(({ revision = 0, reason = "", at = "" }) => ({ word: String(revision), about: reason || at }));
  }
  const group = chosen.get("group");
  const type = chosen.get("type");
  const query = { limit, ...(type !== undefined && { type }) };
  const { groups = [] } = group === undefined ? await ask("/v1/groups", { limit }) : { groups: [{ group }] };
  const lists = await Promise.all(
    groups.slice(0, 10).map((one) => ask(`/v1/groups/${encodeURIComponent(one.group ?? "")}/resources`, query)),
  );
  return unique(lists.flatMap(({ resources = [] }) => resources.map(({ name = "" }) => ({ word: name, about: "" }))));
};

/** Loaded when asked for: it takes longer than all else. */
async function types(): Promise<Candidate[]> {
  const { TYPE_URL_BY_SHORT_NAME, typeNameOf } = await import("@fairlead/envoy-api");
  return Object.entries(TYPE_URL_BY_SHORT_NAME).map(([word, typeUrl]) => ({ word, about: typeNameOf(typeUrl) }));
}

function unique(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.word, candidate])).values()].slice(0, MAX_NAMES);
}

type Row = { readonly [field in "id" | "group" | "service" | "state" | "name" | "reason" | "at"]?: string } & {
  readonly revision?: number;
};
type Lists = { readonly [list in "nodes" | "groups" | "services" | "revisions" | "resources"]?: readonly Row[] };

/** An answer of the admin API that the words name; of one that does not answer in time, nothing. */
async function askAdmin(
  path: string,
  query: Readonly<Record<string, string>>,
  chosen: ReadonlyMap<string, string>,
): Promise<Lists> {
  const admin = chosen.get("admin") ?? process.env.FAIRLEAD_ADMIN ?? ADMIN_URL;
  try {
    const url = new URL(`${path}?${new URLSearchParams(query)}`, admin.includes("://") ? admin : `http://${admin}`);
    const response = await fetch(url, { signal: AbortSignal.timeout(LOOK_UP_MS) });
    return response.ok ? ((await response.json()) as Lists) : {};
  } catch {
    return {};
  }
}
