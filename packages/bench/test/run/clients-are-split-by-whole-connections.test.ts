import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitClients, splitNumber } from "../../src/run/split.ts";

const count = fc.integer({ min: 1, max: 10_000 });
const parts = fc.integer({ min: 1, max: 16 });

test("clients are split into spans that follow each other, hold whole connections, and are about as long", () => {
  fc.assert(
    fc.property(count, fc.integer({ min: 1, max: 200 }), parts, (clients, perConnection, into) => {
      const spans = splitClients(clients, perConnection, into);
      assert.equal(spans.length, into);
      assert.equal(spans[0]!.from, 0);
      assert.equal(spans.at(-1)!.to, clients);
      for (const [index, { from, to }] of spans.entries()) {
        if (index > 0) assert.equal(from, spans[index - 1]!.to);
        if (to !== clients) assert.equal(to % perConnection, 0);
      }
      const connections = spans.map(({ from, to }) => Math.ceil((to - from) / perConnection));
      assert.ok(Math.max(...connections) - Math.min(...connections) <= 1, `${connections}`);
    }),
  );
});

test("a number split by weights adds up, and no part is off by more than one", () => {
  fc.assert(
    fc.property(count, fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (total, weights) => {
      const sum = weights.reduce((one, other) => one + other, 0);
      fc.pre(sum > 0);
      const split = splitNumber(total, weights);
      assert.equal(
        split.reduce((one, other) => one + other, 0),
        total,
      );
      for (const [index, part] of split.entries()) assert.ok(Math.abs(part - (total * weights[index]!) / sum) <= 1);
    }),
  );
});
