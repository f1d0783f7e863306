// RFC 9113 and RFC 7541 by h2spec, the suite that HTTP/2 servers are tried with: all of its cases, the strict ones too.
import assert from "node:assert/strict";
import { runTool, testOverCarriers } from "../support/edge-lab.ts";
import { requireTool } from "../support/tools.ts";

/** A case that waits for nothing to happen takes that long, s. */
const WAIT_SECONDS = 3;

testOverCarriers(
  "h2spec passes",
  async ({ t, carrier, plane }) => {
    const tool = requireTool("h2spec");
    if ("skip" in tool) return t.skip(tool.skip);
    const tls = carrier === "plaintext" ? [] : ["--tls", "--insecure"];
    const args = [
      "--strict",
      "--host",
      "127.0.0.1",
      "--port",
      String(plane.xdsPort),
      "--timeout",
      String(WAIT_SECONDS),
    ];
    const { stdout } = await runTool("h2spec", [...args, ...tls], 300_000);
    const [summary, tests, passed, skipped, failed] =
      /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(stdout) ?? assert.fail(`no summary:\n${stdout}`);
    t.diagnostic(`${carrier}: ${summary}`);
    const failures = stdout.slice(Math.max(0, stdout.indexOf("Failures:")));
    assert.deepEqual([Number(failed), Number(skipped), Number(passed)], [0, 0, Number(tests)], failures);
    assert.ok(Number(tests) >= 145, `only ${tests} of its cases ran`);
  },
  ["plaintext", "TLS"],
);
