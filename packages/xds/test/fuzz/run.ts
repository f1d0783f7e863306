// Fuzzes the edge for as long as one likes: node packages/xds/test/fuzz/run.ts --cases N --seed S --layer http2|grpc|protobuf
import { parseArgs } from "node:util";
import { anySeed } from "../support/random.ts";
import { fuzz, layers } from "./fuzz.ts";
import type { LayerName } from "./layer.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: String(anySeed()) },
    layer: { type: "string", multiple: true, default: Object.keys(layers) },
  },
});

for (const layer of values.layer) {
  if (!Object.hasOwn(layers, layer)) throw new Error(`--layer ${layer}: give one of ${Object.keys(layers).join(", ")}`);
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  if (!Number.isSafeInteger(cases) || !Number.isSafeInteger(seed))
    throw new Error("--cases and --seed are whole numbers");
  process.stdout.write(`${layer}: ${cases} cases, seed ${seed}\n`);
  process.stdout.write(`${JSON.stringify(await fuzz({ layer: layer as LayerName, cases, seed }), null, 2)}\n`);
}
