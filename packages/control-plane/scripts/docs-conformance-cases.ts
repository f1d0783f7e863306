import { SUITE } from "../src/conformance/suite.ts";

const HEAD = `<!-- Written by \`npm run docs\`; edit packages/control-plane/src/conformance/cases instead. -->

# Conformance cases

What [\`fairlead conformance\`](conformance.md) tries, by requirement of [protocol.md](protocol.md). \`fairlead conformance --list\`
prints the same. *ads* is the aggregated service, *own* a stream of one type; a case is tried in each of its ways.

| id | what is to be the case | level | how | by |
|---|---|---|---|---|
`;

/** The table of all cases in Markdown. */
export function renderConformanceCases(): string {
  const rows = SUITE.map(({ id, says, level, variants, source }) => {
    return `| ${[id, says, level, variants.join(", "), source].map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return `${HEAD}${rows.join("\n")}\n`;
}
