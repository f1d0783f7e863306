import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource } from "@fairlead/xds";
import { resourceParser } from "../../src/resources/parse.ts";
import { deriveAnew } from "../../src/store/apply.ts";
import { checkpointParts, readCheckpoint } from "../../src/store/codec/checkpoint.ts";
import { decodeRecord, encodeRecord } from "../../src/store/codec/record.ts";
import type { CommitRecord } from "../../src/store/commit-log.ts";
import { createStore } from "../../src/store/create-store.ts";
import { diffStates } from "../../src/store/diff.ts";
import { redoCommit } from "../../src/store/make-commit.ts";
import { type Change, EMPTY_STATE, type Entry } from "../../src/store/store.ts";
import { entry } from "../support/resources.ts";

const parse = resourceParser(loadSchema(), "error");
const place = { file: "edge/a.yaml", pointer: "/resources/1", line: 3, column: 7 };

/** One of each kind: with aliases, a TTL, constraints, references, a type that no schema has. */
function everyKind(): Entry[] {
  const eds = { "@type": TYPE_URLS.cluster, name: "eds", type: "EDS", edsClusterConfig: { edsConfig: { ads: {} } } };
  const host = { "@type": TYPE_URLS.virtualHost, name: "r/h", domains: ["a.example", "*.b.example"] };
  const wrapped = (json: unknown, more: object) => ({
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    resource: json,
    ...more,
  });
  const dynamicParameterConstraints = { constraint: { key: "env", value: "prod" } };
  const parsed = [
    eds,
    host,
    wrapped({ ...eds, name: "ttl" }, { ttl: "5s", aliases: ["other"] }),
    wrapped({ ...eds, name: "variant" }, { resourceName: { name: "variant", dynamicParameterConstraints } }),
  ].map((json) => {
    const { resource, faults } = parse(json);
    assert.ok(resource, JSON.stringify(faults));
    return resource;
  });
  const foreign = createResource({
    typeUrl: "type.googleapis.com/acme.Unknown",
    name: "x",
    value: Uint8Array.of(1, 2),
  });
  return [...parsed, foreign].map((resource) => ({ owner: "file", place, resource }));
}

test("a record holds all that makes the commit again, in bytes that tell damage", async () => {
  const changes: Change[] = [
    {
      kind: "update",
      group: "edge",
      owner: "file",
      upsert: everyKind(),
      remove: [{ typeUrl: TYPE_URLS.cluster, name: "gone" }],
      labels: new Map([[TYPE_URLS.cluster, "v1"]]),
    },
    { kind: "withdraw", group: "old", owner: "api" },
    { kind: "document", key: "instances/a/1", value: { port: 80, tags: ["ü", null] } },
    { kind: "document", key: "instances/a/2", value: undefined },
  ];
  const record: CommitRecord = {
    revision: 1_800_000_000_001,
    committedAtMs: 7,
    author: "ann",
    reason: undefined,
    changes,
  };
  const bytes = await encodeRecord(record);
  assert.deepEqual(decodeRecord(bytes), record);
  const [update] = decodeRecord(bytes).changes;
  assert.ok(update?.kind === "update");
  assert.equal(update.upsert[0]!.resource.facts.references.length, 1);

  const damaged = Uint8Array.from(bytes);
  damaged[bytes.length - 1]! ^= 1;
  assert.throws(() => decodeRecord(damaged), { code: "store-unusable" });
  assert.throws(() => decodeRecord(bytes.subarray(0, bytes.length - 1)), { code: "store-unusable" });
});

test("a record of more resources than are encoded in one go does the same", async () => {
  const upsert = Array.from({ length: 1_234 }, (_, i) => entry("api", `c-${i}`, "x".repeat(100)));
  const labels = new Map([[TYPE_URLS.cluster, "all"]]);
  const change: Change = { kind: "update", group: "g", owner: "api", upsert, remove: [], labels };
  const record = { revision: 5, committedAtMs: 5, author: undefined, reason: "r", changes: [change] };
  const bytes = await encodeRecord(record);
  const again = redoCommit(EMPTY_STATE, decodeRecord(bytes), undefined).state;
  assert.deepEqual(
    again.groups.get("g")!.usedLabels,
    redoCommit(EMPTY_STATE, record, undefined).state.groups.get("g")!.usedLabels,
  );
  assert.equal(again.groups.get("g")!.labels.get(TYPE_URLS.cluster), "all");
  assert.equal(again.groups.get("g")!.types.get(TYPE_URLS.cluster)!.size, 1_234);
});

test("a checkpoint holds the whole state, revisions and former labels too, in parts", async () => {
  const store = createStore();
  const give = (group: string, upsert: Entry[], label: string) => {
    const labels = new Map([[TYPE_URLS.cluster, label]]);
    return store.commit([{ kind: "update", group, owner: upsert[0]!.owner, upsert, remove: [], labels }]);
  };
  await give("edge", everyKind(), "v1");
  await give(
    "edge",
    Array.from({ length: 1_300 }, (_, i) => entry("api", `c-${i}`)),
    "v2",
  );
  await give("other", [entry("api", "a")], "v1");
  await store.commit([{ kind: "document", key: "k", value: [1] }]);
  await store.commit([{ kind: "document", key: "l", value: "x" }]);
  const state = store.state();
  const parts: Uint8Array[] = [];
  for await (const part of checkpointParts({ state, committedAtMs: 9 })) parts.push(part);
  assert.ok(parts.length > 2);
  const read = readCheckpoint(parts);
  assert.equal(read.committedAtMs, 9);
  assert.equal(read.state.revision, state.revision);
  assert.deepEqual([...diffStates(state, deriveAnew(read.state, undefined))], []);
  for (const [name, group] of state.groups) {
    const { types, owners, ...rest } = read.state.groups.get(name)!;
    const { types: expectedTypes, owners: expectedOwners, ...expected } = group;
    assert.deepEqual(rest, expected);
    assert.deepEqual([...types.keys()].sort(), [...expectedTypes.keys()].sort());
    assert.deepEqual(
      [...owners].map(([o, keys]) => [o, keys.size]).sort(),
      [...expectedOwners].map(([o, keys]) => [o, keys.size]).sort(),
    );
  }
  assert.deepEqual([...read.state.documents], [...state.documents]);
});
