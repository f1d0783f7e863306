import { createStore } from "../../../src/store/create-store.ts";
import { keepsTheContract } from "./contract.ts";

keepsTheContract({
  name: "memory",
  isDurable: false,
  isShared: false,
  place: async () => ({ open: async (options) => createStore(options) }),
});
