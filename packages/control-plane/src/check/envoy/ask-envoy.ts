import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import type { Includes } from "../../groups/includes.ts";
import { compose, NOTHING_COMPOSED } from "../../store/compose.ts";
import { type Entry, keyOf, type StoreState } from "../../store/store.ts";
import { type Fault, whereOf } from "../../validation/fault.ts";
import type { Judge } from "../check-resources.ts";
import { assertEnvoy } from "./assert-envoy.ts";
import { ASKABLE, staticBootstrap } from "./static-bootstrap.ts";
import { validate } from "./validate.ts";

/** Times that Envoy is asked about one group: once if all is well, and more to find which resources are not. */
const MAX_RUNS_PER_GROUP = 100;

/** The longest to ask about all groups, ms; what was not asked about by then is told. */
const MAX_ASKING_MS = 600_000;

/** Settings of {@link envoyJudge}. */
export interface EnvoyJudgeOptions {
  /** The executable. */
  readonly envoy: string;
  readonly schema: () => Schema;
  readonly includes: Includes;
  /** Once it is aborted, Envoy is ended, its folder is removed, and the judge throws the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * A judge that asks an Envoy about each group as it would be served. It finds each resource that Envoy refuses by asking
 * about halves; clusters first, since listeners need those that are well.
 */
export function envoyJudge({ envoy, schema, includes, signal }: EnvoyJudgeOptions): Judge {
  return async (state) => {
    await assertEnvoy(resolve(envoy));
    const folder = await mkdtemp(join(tmpdir(), "fairlead-check-"));
    const deadline = performance.now() + MAX_ASKING_MS;
    try {
      const faults: Fault[] = [];
      for (const [group, entries] of entriesByGroup(state, includes)) {
        if (performance.now() > deadline) {
          faults.push(unasked(group, "there was no time left"));
          continue;
        }
        const ask = (some: readonly Entry[]) =>
          validate(resolve(envoy), staticBootstrap(schema(), some), { folder, signal });
        faults.push(...(await askAbout(group, entries, ask)));
      }
      return withoutTwins(faults);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

type Ask = (entries: readonly Entry[]) => Promise<string | undefined>;

/** What the nodes of each group are served, without types that no bootstrap can hold. */
function entriesByGroup(state: StoreState, includes: Includes): readonly (readonly [string, readonly Entry[]])[] {
  const { served } = compose(includes, NOTHING_COMPOSED, state);
  return [...served.groups].map(([group, { types }]) => {
    return [group, ASKABLE.flatMap((typeUrl) => [...(types.get(typeUrl)?.values() ?? [])])] as const;
  });
}

async function askAbout(group: string, entries: readonly Entry[], ask: Ask): Promise<readonly Fault[]> {
  let runs = 0;
  const bounded: Ask = async (some) => (runs++ < MAX_RUNS_PER_GROUP ? ask(some) : undefined);
  if ((await bounded(entries)) === undefined) return [];

  const faults: Fault[] = [];
  let well: readonly Entry[] = [];
  for (const stage of stagesOf(entries)) {
    const refused = await findRefused(stage, well, bounded);
    faults.push(...refused.map(({ entries: some, reason }) => faultOf(group, some, reason)));
    const isRefused = new Set(refused.flatMap(({ entries: some }) => some));
    well = [...well, ...stage.filter((entry) => !isRefused.has(entry))];
  }
  if (runs > MAX_RUNS_PER_GROUP) faults.push(unasked(group, `it was asked ${MAX_RUNS_PER_GROUP} times already`));
  return faults;
}

function stagesOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const early = new Set<string>([TYPE_URLS.secret, TYPE_URLS.cluster]);
  const isEarly = ({ resource }: Entry) => early.has(resource.typeUrl);
  return [entries.filter(isEarly), entries.filter((entry) => !isEarly(entry))];
}

interface Refused {
  /** One, or several that are only refused together. */
  readonly entries: readonly Entry[];
  readonly reason: string;
}

/** The entries that are refused beside what is well. */
async function findRefused(entries: readonly Entry[], well: readonly Entry[], ask: Ask): Promise<readonly Refused[]> {
  if (entries.length === 0) return [];
  const reason = await ask([...well, ...entries]);
  if (reason === undefined) return [];
  if (entries.length === 1) return [{ entries, reason }];
  const middle = Math.ceil(entries.length / 2);
  const first = await findRefused(entries.slice(0, middle), well, ask);
  const second = await findRefused(entries.slice(middle), well, ask);
  const found = [...first, ...second];
  return found.length > 0 ? found : [{ entries, reason }];
}

function faultOf(group: string, entries: readonly Entry[], reason: string): Fault {
  const [entry] = entries;
  const message = `Envoy refuses it: ${reason}`;
  if (entries.length > 1) {
    const names = entries.slice(0, 5).map(({ resource }) => resource.name);
    const more = entries.length > names.length ? ", …" : "";
    const together = `Envoy refuses ${names.join(", ")}${more} together, though each alone is well: ${reason}`;
    return { severity: "error", rule: "envoy.refused", message: together, ...whereOf(entry!.place), group };
  }
  const { typeUrl, name } = entry!.resource;
  return { severity: "error", rule: "envoy.refused", message, ...whereOf(entry!.place), group, typeUrl, name };
}

function unasked(group: string, why: string): Fault {
  const message = `Envoy was not asked about all of group ${group}: ${why}; mend what is told, and check again`;
  return { severity: "error", rule: "envoy.unasked", message, pointer: "", group };
}

/** A resource that several groups include is told of once. */
function withoutTwins(faults: readonly Fault[]): readonly Fault[] {
  const byPlace = new Map(
    faults.map((fault) => [
      `${fault.file}:${fault.line}:${fault.column}:${fault.pointer}:${keyOf({ typeUrl: fault.typeUrl ?? "", name: fault.name ?? fault.message })}`,
      fault,
    ]),
  );
  return [...byPlace.values()];
}
