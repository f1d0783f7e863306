import type { Rule, RuleSet, RuleTable } from "./rule-set.ts";

type Ordered = number | bigint;

/** `const`, `in`, `not_in`, `lt`, `lte`, `gt`, `gte` over whatever `rank` turns a value into, shown by `show`. */
export function comparisonRules(rank: (value: never) => Ordered, show: (value: never) => string): RuleTable {
  const known = rank as (value: unknown) => Ordered;
  const shown = show as (value: unknown) => string;
  const bound = (name: BoundName): Rule => {
    return (limit: unknown, all) => {
      const other = oppositeOf(name, all);
      const isInverted = other !== undefined && isOutsideRange(name, known(limit), known(all.get(other)));
      if (!isInverted)
        return (value) =>
          HOLDS[name](known(value), known(limit))
            ? undefined
            : `${shown(value)} must be ${WORDS[name]} ${shown(limit)}`;
      if (isLower(name)) return undefined; // said once, by the upper bound
      const otherLimit = all.get(other);
      return (value) => {
        if (HOLDS[name](known(value), known(limit)) || HOLDS[other](known(value), known(otherLimit))) return undefined;
        return `${shown(value)} must be ${WORDS[name]} ${shown(limit)} or ${WORDS[other]} ${shown(otherLimit)}`;
      };
    };
  };
  const isOneOf = (value: unknown, list: readonly unknown[]) => list.some((it) => known(it) === known(value));
  const listed = (list: readonly unknown[]) => list.map(shown).join(", ");
  return {
    const: (limit: unknown) => (value) =>
      known(value) === known(limit) ? undefined : `${shown(value)} must be ${shown(limit)}`,
    in: (list: readonly unknown[]) => (value) =>
      isOneOf(value, list) ? undefined : `${shown(value)} must be one of ${listed(list)}`,
    not_in: (list: readonly unknown[]) => (value) =>
      isOneOf(value, list) ? `${shown(value)} must not be one of ${listed(list)}` : undefined,
    lt: bound("lt"),
    lte: bound("lte"),
    gt: bound("gt"),
    gte: bound("gte"),
  };
}

type BoundName = "lt" | "lte" | "gt" | "gte";

const HOLDS: Readonly<Record<BoundName, (value: Ordered, limit: Ordered) => boolean>> = {
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
};

const WORDS: Readonly<Record<BoundName, string>> = {
  lt: "less than",
  lte: "at most",
  gt: "greater than",
  gte: "at least",
};

function isLower(name: BoundName): boolean {
  return name === "gt" || name === "gte";
}

function oppositeOf(name: BoundName, all: RuleSet): BoundName | undefined {
  const candidates: readonly BoundName[] = isLower(name) ? ["lt", "lte"] : ["gt", "gte"];
  return candidates.find((it) => all.has(it));
}

/** `gt: 10, lt: 5` means "outside": protoc-gen-validate reads crossed bounds so. */
function isOutsideRange(name: BoundName, limit: Ordered, other: Ordered): boolean {
  return isLower(name) ? limit > other : other > limit;
}
