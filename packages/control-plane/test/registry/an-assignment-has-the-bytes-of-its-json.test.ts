import assert from "node:assert/strict";
import { test } from "node:test";
import { readResource } from "@fairlead/xds";
import fc from "fast-check";
import type { Instance } from "../../src/registry/instance.ts";
import { instance, putInstance, removeInstance, resourceIn, schema, serviceStore, shown } from "./support/services.ts";

const text = fc.constantFrom("", "eu", "us", "zürich");
const value = fc.constantFrom<Partial<Instance>[]>(
  {},
  { metadata: { version: "2", canary: true, 7: ["x", null], nested: { b: 1, a: 2 } } },
  { weight: 128, hostname: "web.example" },
  { hostname: `${"long.".repeat(40)}example` },
  { status: "DRAINING" },
  { status: "DOWN", address: "::1" },
  { isHealthy: false },
);
const step = fc.record({
  id: fc.integer({ min: 0, max: 150 }),
  port: fc.integer({ min: 8000, max: 8100 }),
  locality: fc.record({ region: text, zone: text, subZone: text }),
  value,
  isRemoved: fc.boolean(),
});

test("an assignment has the bytes, and so the version, that its JSON has, however it came about", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 300, size: "max" }), async (steps) => {
      const store = serviceStore();
      const known = new Map<number, Instance>();
      for (const { id, port, locality, value, isRemoved } of steps) {
        if (isRemoved) known.delete(id);
        else known.set(id, instance(`i${id}`, { port, locality, incarnation: id, ...value }));
        await store.commit([isRemoved ? removeInstance("web", `i${id}`) : putInstance(known.get(id)!)]);
      }
      if (known.size === 0) return assert.equal(store.state().groups.size, 0);
      const { value: bytes, version } = resourceIn(store, "endpoints")!;
      const read = readResource(schema, shown(store, "endpoints"));
      assert.deepEqual(Buffer.from(bytes), Buffer.from(read.value));
      assert.equal(version, read.version);
      // A store that is told all of it at once, as after a restart, comes to the same.
      const other = serviceStore();
      await other.commit([...known.values()].toReversed().map(putInstance));
      assert.equal(resourceIn(other, "endpoints")!.version, version);
      // No address is told twice: gRPC would refuse the whole.
      const addresses = JSON.stringify(shown(store, "endpoints")).match(/"socketAddress":\{[^}]*\}/g) ?? [];
      assert.equal(new Set(addresses).size, addresses.length);
    }),
    { numRuns: 40 },
  );
});
