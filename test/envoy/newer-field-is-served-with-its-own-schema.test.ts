import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startFairlead } from "../support/control-plane.ts";
import { startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/free-port.ts";
import type { Resource } from "../support/resources.ts";
import { makeScratch } from "../support/scratch.ts";
import { requireTool } from "../support/tools.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = fileURLToPath(new URL("../../packages/control-plane/src/cli/main.ts", import.meta.url));
const HTTP = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A listener that answers by itself, with two fields that the default schema (about Envoy 1.30) does not have. */
function listener(port: number): Resource {
  return {
    "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
    name: "newer",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type": `type.googleapis.com/${HTTP}`,
              stat_prefix: "newer",
              drain_timeout_jitter: { value: 10 },
              route_config: {
                virtual_hosts: [
                  {
                    name: "all",
                    domains: ["*"],
                    routes: [
                      {
                        match: { prefix: "/" },
                        direct_response: {
                          status: 200,
                          body: { inline_string: "plain" },
                          body_format: { text_format_source: { inline_string: "formatted %PROTOCOL%" } },
                        },
                      },
                    ],
                  },
                ],
              },
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

test("a field newer than the default schema is refused by it, taken by the Envoy's own, and in effect", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const scratch = makeScratch("newer");
  await using resources = new AsyncDisposableStack();
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const port = await freePort();
  const group = "newer";
  const fairlead = resources.adopt(await startFairlead({ folder: scratch.path, schema: tool.path }), (it) => it.stop());
  const directory = join(scratch.path, "resources");
  fairlead.write(group, [listener(port)]);

  const refused = run("check", directory, "--quiet");
  assert.equal(refused.status, 1, refused.stderr);
  assert.match(
    refused.stdout,
    /has no field "drain_timeout_jitter", did you mean drain_timeout\? \(json\.unknown-field\)/,
  );
  assert.match(refused.stdout, /DirectResponseAction has no field "body_format"/);

  const set = join(scratch.path, "envoy.binpb");
  const extracted = run("schema", "extract", tool.path, "-o", set);
  assert.match(
    extracted.stdout,
    /^Envoy 1\.\d+\.\d+ \([0-9a-f]{12}\): 5\d\d files, 1\d{3} messages, .* no import missing\nwritten: /,
  );
  const config = join(scratch.path, "with-schema.yaml");
  writeFileSync(config, "resources: resources\nschema: envoy.binpb\n"); // both relative to it
  assert.deepEqual(run("check", "--config", config), {
    status: 0,
    stdout: "all is well: 1 resource in 1 file, 1 group\n",
    stderr: "",
  });

  const options = { binary: tool.path, mode: "ads-delta", xdsPort: fairlead.xdsPort, folder: scratch.path } as const;
  const envoy = await startEnvoy({ ...options, nodeId: "newer", nodeCluster: group });
  resources.defer(() => envoy.stop());
  const answer = await waitFor(
    () => `an answer of the listener; Envoy's log:\n${readFileSync(envoy.logPath, "utf8").slice(-2_000)}`,
    async () => (await fetch(`http://127.0.0.1:${port}/`)).text().catch(() => undefined),
  );
  assert.equal(answer, "formatted HTTP/1.1");
  assert.match(await envoy.admin("/config_dump?resource=dynamic_listeners"), /"drain_timeout_jitter"/);
  await resources.disposeAsync();
  scratch.remove();
});
