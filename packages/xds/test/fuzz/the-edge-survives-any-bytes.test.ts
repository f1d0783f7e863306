// reliability.md, "any client bytes at all": process up, other streams unharmed, bounded memory, connections cleaned up.
// Longer: node packages/xds/test/fuzz/run.ts --cases N --seed S --layer http2|grpc|protobuf|services
import assert from "node:assert/strict";
import { test } from "node:test";
import { anySeed } from "../support/random.ts";
import { fuzz } from "./fuzz.ts";
import type { LayerName } from "./layer.ts";

const cases = 20_000;

/** Outcomes that a run must have reached: fuzzing that is turned away at the door proves nothing. */
const reached: { readonly [N in LayerName]: readonly string[] } = {
  http2: ["echo", "RST_STREAM", "GOAWAY 1", "GOAWAY 6", "GOAWAY 9", "closed without a frame", "left by the client"],
  grpc: ["message", "status", "RST_STREAM"],
  protobuf: ["message", "status"],
  services: ["message", "status"],
};

for (const layer of ["http2", "grpc", "protobuf", "services"] as const) {
  for (const [kind, seed] of [
    ["fixed", 20_261_122],
    ["random", anySeed()],
  ] as const) {
    test(`${cases} cases of layer ${layer} with the ${kind} seed ${seed}`, async () => {
      const report = await fuzz({ layer, cases, seed });
      assert.equal(report.cases, cases);
      assert.ok(report.healthyMessages > 0);
      assert.ok(report.grownBytes < 64 * 1_048_576, `grown by ${report.grownBytes} bytes`);
      for (const outcome of reached[layer])
        assert.ok((report.outcomes[outcome] ?? 0) > 10, `${outcome} was hardly reached`);
    });
  }
}
