import type { Result } from "./result.ts";

/** What may differ between things that are compared: where each listens, is changed and observed. */
const EXPECTED = new Set(["name", "target", "driver", "server", "thresholds", "generatorCpus"]);
const NAMED = 5;

interface Rounds {
  readonly name: string;
  readonly all: readonly Result[];
}

/** What else differs: other workloads, other machines. A line for each thing that differs from the first. */
export function differencesOf(groups: readonly Rounds[], base: Rounds): string[] {
  const [first] = base.all;
  if (first === undefined) return [];
  return groups.flatMap(({ name, all }) => {
    const plans = new Set(all.flatMap((result) => differ(comparable(first.plan), comparable(result.plan), "")));
    const machines = new Set(all.flatMap((result) => differ(first.machine, result.machine, "")));
    return [...tell(name, "plan", plans), ...tell(name, "machine", machines)];
  });
}

function comparable(plan: Result["plan"]): Record<string, unknown> {
  const encryption = plan.target.tls === undefined ? "none" : "tls";
  const rest = Object.entries(plan).filter(([field]) => !EXPECTED.has(field));
  return { ...Object.fromEntries(rest), encryption };
}

function tell(name: string, what: string, differences: ReadonlySet<string>): string[] {
  if (differences.size === 0) return [];
  const named = [...differences].slice(0, NAMED).join(", ");
  const more = differences.size > NAMED ? ` and ${differences.size - NAMED} more` : "";
  return [`${name}: another ${what} than the first: ${named}${more}`];
}

/** Paths of leaves that differ, with both values. */
function differ(a: unknown, b: unknown, path: string): string[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b)) return [`${path} ${JSON.stringify(b)} instead of ${JSON.stringify(a)}`];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) => differ(a[name], b[name], path === "" ? name : `${path}.${name}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
