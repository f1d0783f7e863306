import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Serves the quickstart, answers a request, and tells what was loaded: Node's own modules, and files by `require`. */
const SERVES = `
  import { createRequire } from "node:module";
  import { loadConfig } from "./src/config/load.ts";
  import { startFairlead } from "./src/serve.ts";
  const overrides = { resources: "../../examples/quickstart", xdsListen: "127.0.0.1:0", adminListen: "127.0.0.1:0" };
  const fairlead = await startFairlead({ config: loadConfig(undefined, overrides) });
  await fairlead.ready;
  const required = Object.keys(createRequire(import.meta.url).cache);
  const loaded = [...process.moduleLoadList, ...required];
  await fairlead.close();
  console.log(JSON.stringify(loaded));
`;

test("serving loads neither a WebSocket client nor compilers of JSON schemas, 12 MB that nobody uses", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", SERVES], {
    cwd: new URL("../../", import.meta.url),
    encoding: "utf8",
  });
  assert.match(stdout, /^\[/, stderr);
  const loaded = JSON.parse(stdout.trim().split("\n").at(-1)!) as string[];
  assert.ok(
    loaded.some((name) => name.includes("/node_modules/fastify/")),
    "modules are told",
  );
  const unused = /undici|\/node_modules\/(ajv|pino-pretty|commander)\//;
  assert.deepEqual(
    loaded.filter((name) => unused.test(name)),
    [],
  );
});
