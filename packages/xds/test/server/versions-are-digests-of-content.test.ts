// protocol.md C6, C9
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { commit, namesIn, remove, resource, startServer } from "./started-server.ts";

const { cluster, endpoints } = TYPE_URLS;

for (const mode of ["sotw", "delta"] as const) {
  test(`${mode}: replicas that came to a state by different ways give it the same versions (C6)`, async (t) => {
    const one = await startServer(t);
    commit(one.cache, [resource(cluster, "a", "1"), resource(cluster, "b", "1")]);
    const other = await startServer(t);
    commit(other.cache, [resource(cluster, "b", "1"), resource(cluster, "x", "1")]);
    commit(other.cache, [resource(cluster, "a", "0")]);
    commit(other.cache, [resource(cluster, "a", "1")]);
    remove(other.cache, cluster, ["x"]);
    const versions: unknown[] = [];
    for (const { stream } of [one, other]) {
      const ads = stream({ mode });
      ads.subscribe(cluster);
      const { version, resources } = await ads.nextAcked();
      versions.push([version, resources.map((each) => [each.name, each.version])]);
      assert.match(version, /^[A-Za-z0-9_-]{16}$/);
      for (const each of resources) assert.match(each.version, /^[A-Za-z0-9_-]{16}$/);
    }
    assert.deepEqual(versions[0], versions[1]);
  });
}

test("after a restart, who is up to date is sent nothing (C6, C9)", async (t) => {
  const content = () => [resource(cluster, "a", "1"), resource(endpoints, "e", "1")];
  const before = await startServer(t);
  commit(before.cache, content());
  const sotw = before.stream({ mode: "sotw" });
  sotw.subscribe(cluster);
  const { version } = await sotw.nextAcked();
  const delta = before.stream({ mode: "delta" });
  delta.subscribe(endpoints, ["e"]);
  const held = (await delta.nextAcked()).resources[0]!;
  await before.server.close();

  const after = await startServer(t);
  commit(after.cache, content());
  const again = after.stream({ mode: "sotw" });
  again.sendSotw({ typeUrl: cluster, versionInfo: version, nonce: "from-another-life" });
  await again.expectNothing();
  const deltaAgain = after.stream({ mode: "delta" });
  const initialResourceVersions = new Map([["e", held.version]]);
  deltaAgain.sendDelta({ typeUrl: endpoints, subscribe: ["e"], initialResourceVersions });
  await deltaAgain.expectNothing();
  commit(after.cache, [resource(endpoints, "e", "2")]);
  assert.deepEqual(namesIn(await deltaAgain.nextAcked(endpoints)), ["e"]);
});

test("a version is that of the content: name, value, aliases and ttl (C6)", () => {
  const versions = [
    resource(cluster, "a", "1"),
    resource(cluster, "a", "2"),
    resource(cluster, "a", "1", { aliases: ["x"] }),
    resource(cluster, "a", "1", { ttlMs: 1_000 }),
  ].map(({ version }) => version);
  assert.equal(new Set(versions).size, versions.length);
  assert.equal(resource(cluster, "a", "1").version, versions[0]);
});
