import { parentPort } from "node:worker_threads";
import { locateAll, readYaml } from "./yaml-text.ts";
import type { YamlRequest } from "./yaml-thread.ts";

parentPort!.on("message", ({ text, sought }: YamlRequest) => {
  parentPort!.postMessage(sought === undefined ? readYaml(text) : locateAll(text, sought));
});
