import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HeldResource } from "../../src/client/subscription.ts";
import { createXdsClient, type XdsClient } from "../../src/client/xds-client.ts";
import type { Mode } from "../../src/protocol/plan.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Content, RealServer } from "./real-server.ts";
import { Inbox } from "./scripted-server.ts";
import { CLUSTER, ENDPOINTS, LISTENER, resourceValue } from "./support.ts";

const node = { id: "n" };
const backoff = { baseMs: 1, maxMs: 4 };
const VARIANTS: readonly { readonly mode: Mode; readonly ads: boolean }[] = [
  { mode: "sotw", ads: true },
  { mode: "sotw", ads: false },
  { mode: "delta", ads: true },
  { mode: "delta", ads: false },
];

/** The content of what a client holds, by name, sorted. */
function contentOf(resources: ReadonlyMap<string, HeldResource>): Record<string, string> {
  const entries = [...resources.values()].map(({ name, value }): [string, string] => {
    const prefix = resourceValue(name).length;
    return [name, Buffer.from(value.subarray(prefix)).toString()];
  });
  return Object.fromEntries(entries.sort());
}

for (const { mode, ads } of VARIANTS) {
  const label = `${mode}, ${ads ? "ADS" : "a stream per type"}`;

  test(`${label}: what is added, changed and removed arrives`, async (t) => {
    const server = await RealServer.start(t);
    server.commit({ [CLUSTER]: { a: "1", b: "1" }, [ENDPOINTS]: { a: "1", b: "1", c: "1" } });
    const client = createXdsClient({ target: server.target, node, mode, ads, backoff });
    t.after(() => client.close());
    const events = new Inbox<string>();
    client.watch(CLUSTER, "*", {
      onResource: ({ name }, previous) => events.put(previous ? `changed ${name}` : `new ${name}`),
      onRemoved: (name) => events.put(`removed ${name}`),
    });
    assert.deepEqual([await events.take(), await events.take()].sort(), ["new a", "new b"]);
    server.commit({ [CLUSTER]: { a: "1", b: "2" } });
    assert.equal(await events.take(), "changed b");
    server.commit({ [CLUSTER]: { b: "2", c: "1" } });
    assert.deepEqual([await events.take(), await events.take()].sort(), ["new c", "removed a"]);
    assert.deepEqual(contentOf(client.resources(CLUSTER)), { b: "2", c: "1" });

    const endpoints = new Inbox<string>();
    const watch = client.watch(ENDPOINTS, ["a", "later"], { onResource: ({ name }) => endpoints.put(name) });
    assert.equal(await endpoints.take(), "a");
    watch.change(["b", "later"]);
    assert.equal(await endpoints.take(), "b");
    server.commit({ [ENDPOINTS]: { a: "2", b: "1", later: "1" } });
    assert.equal(await endpoints.take(), "later");
    assert.deepEqual(contentOf(client.resources(ENDPOINTS)), { b: "1", later: "1" });
  });

  test(`${label}: after a restart of the server only what changed meanwhile arrives`, async (t) => {
    const server = await RealServer.start(t);
    server.commit({ [CLUSTER]: { a: "1", b: "1", c: "1" } });
    const client = createXdsClient({ target: server.target, node, mode, ads, backoff });
    t.after(() => client.close());
    const events = new Inbox<string>();
    const responses: number[] = [];
    client.watch(CLUSTER, "*", {
      onResource: ({ name }, previous) => events.put(previous ? `changed ${name}` : `new ${name}`),
      onRemoved: (name) => events.put(`removed ${name}`),
      onResponse: ({ resources, removed }) => responses.push(resources.length + removed.length),
    });
    for (let count = 0; count < 3; count++) await events.take();
    await server.restart();
    const endpoints = new Inbox<string>();
    server.commit({ [ENDPOINTS]: { x: "1" } });
    client.watch(ENDPOINTS, ["x"], { onResource: ({ name }) => endpoints.put(name) });
    await endpoints.take();
    if (ads) assert.deepEqual(responses, [3], "nothing changed, nothing sent (C9)");
    await server.server.close();
    server.commit({ [CLUSTER]: { a: "2", b: "1" } });
    await server.restart();
    assert.deepEqual([await events.take(), await events.take()].sort(), ["changed a", "removed c"]);
    assert.deepEqual(contentOf(client.resources(CLUSTER)), { a: "2", b: "1" });
  });

  test(`${label}: a rejected change is known to the server, comes once, and its fix is taken`, async (t) => {
    const server = await RealServer.start(t);
    server.commit({ [CLUSTER]: { a: "1" } });
    const client = createXdsClient({ target: server.target, node, mode, ads, backoff });
    t.after(() => client.close());
    const verdicts = new Inbox<string>();
    client.watch(CLUSTER, "*", {
      validate: ({ resources }) => {
        const isBad = resources.some(({ value }) => value && Buffer.from(value).includes("bad"));
        return isBad ? "no such filter" : undefined;
      },
      onResponse: (_response, { kind }) => verdicts.put(kind),
    });
    assert.equal(await verdicts.take(), "accepted");
    server.commit({ [CLUSTER]: { a: "bad" } });
    assert.equal(await verdicts.take(), "rejected");
    assert.deepEqual(contentOf(client.resources(CLUSTER)), { a: "1" });
    server.commit({ [CLUSTER]: { a: "3" } });
    assert.equal(await verdicts.take(), "accepted");
    assert.deepEqual(contentOf(client.resources(CLUSTER)), { a: "3" });
    assert.equal(verdicts.size, 0);
  });
}

type Step =
  | { readonly kind: "commit"; readonly content: Content }
  | { readonly kind: "names"; readonly typeUrl: string; readonly names: readonly string[] }
  | { readonly kind: "reject" }
  | { readonly kind: "restart" }
  | { readonly kind: "pause" };

const name = fc.constantFrom("a", "b", "c", "d");
const some = fc.dictionary(name, fc.constantFrom("1", "2", "3"), { noNullPrototype: true });
const type = fc.constantFrom(CLUSTER, ENDPOINTS, LISTENER);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("commit" as const), content: fc.dictionary(type, some) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("names" as const),
      typeUrl: type,
      names: fc.uniqueArray(fc.oneof(name, fc.constant("*")), { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "reject" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  { weight: 4, arbitrary: fc.constant({ kind: "pause" } as const) },
);

const PAUSES = Array.from({ length: 100 }, (): Step => ({ kind: "pause" }));

/**
 * Who comes back with listeners and gave up all clusters, or the other way round, is taken for one that has yet to ask for
 * the others: its listeners change, and its clusters go, only then (O1).
 */
const COME_BACK_WITHOUT: readonly (readonly Step[])[] = [
  [CLUSTER, LISTENER],
  [LISTENER, CLUSTER],
].map(([givenUp = "", kept = ""]) => [
  { kind: "commit", content: { [kept]: { a: "1", b: "1" } } },
  ...PAUSES,
  { kind: "names", typeUrl: givenUp, names: [] },
  { kind: "restart" },
  { kind: "commit", content: { [kept]: { a: "2" } } },
]);

/** What a client that wants these names is to hold. */
function expected(server: RealServer, typeUrl: string, names: readonly string[]): Record<string, string> {
  const held = [...(server.cache.snapshotOf("default")?.types.get(typeUrl)?.resources.keys() ?? [])];
  const wanted = held.filter((each) => names.includes("*") || names.includes(each));
  const content = wanted.map((each): [string, HeldResource] => {
    const { value } = server.cache.snapshotOf("default")!.types.get(typeUrl)!.resources.get(each)!;
    return [each, { typeUrl, name: each, version: "", aliases: [], ttlMs: undefined, value }];
  });
  return contentOf(new Map(content));
}

const TYPES = [CLUSTER, ENDPOINTS, LISTENER];

/** Plays the steps and returns once the client holds what it wants; throws if that does not come about. */
async function play(server: RealServer, client: XdsClient, mode: Mode, steps: readonly Step[]): Promise<void> {
  server.commit(Object.fromEntries(TYPES.map((typeUrl) => [typeUrl, {}])));
  const names = new Map(TYPES.map((typeUrl): [string, readonly string[]] => [typeUrl, ["a", "*"]]));
  let rejections = 0;
  const validate = () => (rejections-- > 0 ? "not now" : undefined);
  const watches = new Map(
    [...names].map(([typeUrl, wanted]) => [typeUrl, client.watch(typeUrl, wanted, { validate })]),
  );
  for (const each of steps) {
    if (each.kind === "commit") server.commit(each.content);
    if (each.kind === "reject") rejections = 1;
    if (each.kind === "restart") await server.restart();
    if (each.kind === "pause") await new Promise(setImmediate);
    if (each.kind !== "names") continue;
    names.set(each.typeUrl, each.names);
    watches.get(each.typeUrl)?.change(each.names);
  }
  // A client that comes back is expected to ask for both clusters and listeners, on a stream that may come back late: until
  // silence counts as consent, which is longer than is waited for here, those wait for these. So it does ask.
  for (const typeUrl of [CLUSTER, LISTENER]) {
    if (names.get(typeUrl)?.length !== 0 || !steps.some(({ kind }) => kind === "restart")) continue;
    names.set(typeUrl, ["*"]);
    watches.get(typeUrl)?.change(["*"]);
  }
  rejections = 0;
  // what was rejected comes again only when it changes (C5)
  if (steps.some(({ kind }) => kind === "reject")) server.commit(allChanged(server));
  for (const [typeUrl, wanted] of names) {
    const aim = JSON.stringify(expected(server, typeUrl, wanted));
    const held = () => JSON.stringify(contentOf(withoutLeftovers(server, typeUrl, client.resources(typeUrl), mode)));
    await waitFor(
      () => `${aim} of ${typeUrl} wanting ${wanted}, held is ${held()}`,
      () => held() === aim,
    );
  }
}

/** In SotW nobody tells a client that endpoints have gone: they don't count (W2). */
function withoutLeftovers(server: RealServer, typeUrl: string, held: ReadonlyMap<string, HeldResource>, mode: Mode) {
  const existing = server.cache.snapshotOf("default")?.types.get(typeUrl)?.resources;
  if (mode === "delta" || typeUrl !== ENDPOINTS) return held;
  return new Map([...held].filter(([each]) => existing?.has(each)));
}

function allChanged(server: RealServer): Content {
  const types = server.cache.snapshotOf("default")?.types;
  const changed = TYPES.map((typeUrl) => {
    const held = [...(types?.get(typeUrl)?.resources.keys() ?? [])];
    return [typeUrl, Object.fromEntries(held.map((each) => [each, "last"]))];
  });
  return Object.fromEntries(changed);
}

/** Everything is staged, but nothing is waited for long. */
const HASTY = { removalLingerMs: 1, listenerDrainMs: 1, warmGraceMs: 1, namedClusterLingerMs: 1 };

for (const { mode, ads } of VARIANTS) {
  for (const stage of [HASTY, { isStaged: false }]) {
    const variant = `${mode}, ${ads ? "ADS" : "a stream per type"}, ${stage === HASTY ? "staged" : "not staged"}`;
    test(`${variant}: whatever happens, the client ends with what it wants`, async (t) => {
      const server = await RealServer.start(t, stage);
      const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const client = createXdsClient({ target: server.target, node, mode, ads, backoff });
        try {
          await play(server, client, mode, steps);
        } finally {
          await client.close();
        }
      });
      await fc.assert(property, {
        numRuns: 40,
        endOnFailure: true,
        examples: COME_BACK_WITHOUT.map((steps) => [steps]),
      });
    });
  }
}
