// Fuzzes the server's half of HTTP/2 against node:http2: npm run fuzz:h2 -- --frames 1000000 --seed 7
import { parseArgs } from "node:util";
import { anySeed } from "../../../xds/test/support/random.ts";
import { fuzz, type Kind, type Only } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(anySeed()) },
    only: { type: "string" },
  },
});
const [frames, seed] = [Number(values.frames), Number(values.seed)];
if (!Number.isSafeInteger(frames) || !Number.isSafeInteger(seed))
  throw new Error("--frames and --seed are whole numbers");
process.stdout.write(`${frames} frames, seed ${seed}\n`);
const report = await fuzz({ frames, seed, ...(values.only && { only: readOnly(values.only) }) });
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);

/** `valid:17`, as a failure names it. */
function readOnly(text: string): Only {
  const [, kind, at] = /^(valid|odd|mutated|chaos|client):(\d+)$/.exec(text) ?? [];
  if (kind === undefined) throw new Error(`--only ${text}: give a kind and a number, as in valid:17`);
  return { kind: kind as Kind, at: Number(at) };
}
