// Compares our verdict on generated resources with a real Envoy's (`--mode validate`):
//   node packages/envoy-api/scripts/compare-with-envoy.ts [--envoy FILE] [--count 1000] [--seed 1]
// Exits 1 if a difference is of no kind that docs/validation.md lists, and shows it.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSchema } from "../src/load-schema.ts";
import { compareWithEnvoy, describe } from "./compare/compare.ts";

const { values } = parseArgs({
  options: {
    envoy: { type: "string", default: fileURLToPath(new URL("../../../.tools/bin/envoy", import.meta.url)) },
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const { envoy, count, seed } = values;
const found = await compareWithEnvoy(loadSchema(), { envoy, count: Number(count), seed: Number(seed) });

const byKind = Map.groupBy(found.differences, (it) => it.kind ?? "UNKNOWN");
console.log(`both take ${found.bothTake}, both refuse ${found.bothRefuse}, differ ${found.differences.length}`);
for (const [kind, differences] of [...byKind].sort()) console.log(`${String(differences.length).padStart(5)}  ${kind}`);
for (const difference of byKind.get("UNKNOWN") ?? []) console.log(`\n${describe(difference)}`);
process.exitCode = byKind.has("UNKNOWN") ? 1 : 0;
