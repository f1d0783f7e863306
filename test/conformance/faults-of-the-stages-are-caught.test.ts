import { testFaultsOf } from "./support/catch-faults.ts";

testFaultsOf("make before break, warming, time and names", (id) => id.startsWith("O"));
