import { testFaultsOf } from "./support/catch-faults.ts";

testFaultsOf("State of the World and delta", (id) => /^[WD]/.test(id));
