import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { seed } from "./fault.ts";
import { FAULTS } from "./faults.ts";

// `node --import` this with `FAIRLEAD_FAULT`, an index of the table: that one file is loaded with its fault, and no copy
// is made of anything.
const fault = FAULTS[Number(process.env.FAIRLEAD_FAULT)];
if (!fault) throw new Error("FAIRLEAD_FAULT must be an index of the table of faults");
const faulty = new URL(`../../src/${fault.file}`, import.meta.url).href;
let isSeeded = false;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== faulty || !loaded.source) return loaded;
    isSeeded = true;
    return { ...loaded, source: seed(fault, Buffer.from(loaded.source as Uint8Array).toString()) };
  },
});

process.on("exit", () => {
  if (!isSeeded) process.stderr.write(`${fileURLToPath(faulty)} was never loaded\n`);
});
