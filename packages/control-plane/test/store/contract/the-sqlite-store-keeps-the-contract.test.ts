import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/store/create-store.ts";
import { sqliteLog } from "../../../src/store/sqlite/sqlite-log.ts";
import { keepsTheContract } from "./contract.ts";

keepsTheContract({
  name: "SQLite",
  isDurable: true,
  isShared: false,
  place: async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "fairlead-sqlite-"));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    return { open: (options) => openStore(sqliteLog(directory), options) };
  },
});
