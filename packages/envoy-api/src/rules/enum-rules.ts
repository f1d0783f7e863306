import type { DescEnum } from "@bufbuild/protobuf";
import { comparisonRules } from "./comparison-rules.ts";
import type { RuleTable } from "./rule-set.ts";

/** Rules of one enum's values. */
export function enumRules(desc: DescEnum): RuleTable {
  const nameOf = (value: number) => desc.value[value]?.name ?? String(value);
  const { const: constant, in: oneOf, not_in: noneOf } = comparisonRules((value: number) => value, nameOf);
  return {
    ...{ const: constant!, in: oneOf!, not_in: noneOf! },
    defined_only: (isOn: boolean) => {
      if (!isOn) return undefined;
      return (value) =>
        desc.value[value as number] === undefined ? `${value} is no value of ${desc.typeName}` : undefined;
    },
  };
}
