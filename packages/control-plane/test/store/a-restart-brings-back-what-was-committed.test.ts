import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../../src/config/config.ts";
import { type Fairlead, startFairlead } from "../../src/serve.ts";
import { cluster, fileOf } from "../support/resources.ts";

interface Place {
  write(file: string, text: string): void;
  remove(path: string): void;
  /** Starts a control plane on it; the one before has ended. */
  start(config?: { allowEmpty?: boolean }): Promise<Running>;
}

interface Running {
  readonly fairlead: Fairlead;
  request(method: string, path: string, body?: unknown): Promise<{ status: number; headers: Headers; body: Body }>;
  /** All that proxies are told by: revisions, versions of types and of each resource, by group. */
  served(): Promise<unknown>;
  /** `name` of every cluster of a group; `undefined`: there is no such group. */
  clusters(group: string): Promise<string[] | undefined>;
  /** Groups whose input is wrong, with whether something is served nevertheless. */
  broken(): Promise<Record<string, boolean>>;
}

// biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests are about
type Body = any;

function makePlace(t: TestContext): Place {
  const base = mkdtempSync(join(tmpdir(), "fairlead-restart-"));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const resources = join(base, "resources");
  mkdirSync(resources);
  return {
    write(file, text) {
      mkdirSync(join(resources, file, ".."), { recursive: true });
      writeFileSync(join(resources, file), text);
    },
    remove: (path) => rmSync(join(resources, path), { recursive: true }),
    async start({ allowEmpty = false } = {}) {
      const listen = { listen: "127.0.0.1:0" };
      const dataDir = join(base, "state");
      const config = configOf({ resources, dataDir, allowEmpty, drainMs: 0, xds: listen, admin: listen });
      const fairlead = await startFairlead({ config });
      t.after(() => fairlead.close());
      await fairlead.ready;
      return runningOf(fairlead);
    },
  };
}

function runningOf(fairlead: Fairlead): Running {
  const request: Running["request"] = async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const response = await fetch(fairlead.adminUrl + path, { method, ...sent });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const resourcesOf = async (group: string) => (await request("GET", `/v1/groups/${group}/resources`)).body.resources;
  return {
    fairlead,
    request,
    async served() {
      const { groups } = (await request("GET", "/v1/groups")).body;
      const all = groups.map(async (group: Body) => [group, await resourcesOf(group.group)]);
      return Promise.all(all);
    },
    async clusters(group) {
      const resources = await resourcesOf(group);
      return resources?.map((resource: Body) => resource.name).sort();
    },
    async broken() {
      const { brokenGroups } = (await request("GET", "/readyz")).body;
      return Object.fromEntries(brokenGroups.map(({ group, isServed }: Body) => [group, isServed]));
    },
  };
}

test("files, what the API manages and its labels come back with equal revisions and versions", async (t) => {
  const place = makePlace(t);
  place.write("edge/a.json", fileOf(cluster("file-1"), cluster("file-2")));
  const before = await place.start();
  const versions = { [TYPE_URLS.cluster]: "release-7" };
  await before.request("PUT", "/v1/groups/api/resources", { resources: [cluster("api-1")], versions });
  await before.request("PUT", "/v1/groups/edge/resources", { resources: [cluster("api-2")] });
  const served = await before.served();
  const { store } = (await before.request("GET", "/readyz")).body;
  assert.match(store.name, /^sqlite:.*fairlead\.db$/);
  assert.deepEqual([store.durable, store.shared, store.reachable, store.waiting], [true, false, true, 0]);
  await before.fairlead.close();

  const after = await place.start();
  assert.deepEqual(await after.served(), served);
  assert.equal((await after.request("GET", "/readyz")).body.store.revision, store.revision);
  const other = { resources: [cluster("api-9")], versions };
  const conflict = await after.request("PUT", "/v1/groups/api/resources", other);
  assert.equal(conflict.body.code, "label-conflict", "a label still names its content");
});

test("what changed in the files meanwhile is taken up, and what was removed is withdrawn", async (t) => {
  const place = makePlace(t);
  place.write("edge/a.json", fileOf(cluster("a"), cluster("b")));
  place.write("edge/gone.json", fileOf(cluster("gone"), cluster("moved")));
  const before = await place.start();
  assert.deepEqual(await before.clusters("edge"), ["a", "b", "gone", "moved"]);
  await before.fairlead.close();

  place.write("edge/a.json", fileOf(cluster("a"), cluster("c")));
  place.write("edge/new.json", fileOf(cluster("moved")));
  place.remove("edge/gone.json");
  const after = await place.start();
  assert.deepEqual(await after.clusters("edge"), ["a", "c", "moved"]);
  assert.deepEqual(await after.broken(), {});
});

test("a group whose files are broken at the start, or all gone, is served as it was", async (t) => {
  const place = makePlace(t);
  place.write("broken/a.json", fileOf(cluster("a")));
  place.write("gone/a.json", fileOf(cluster("b")));
  place.write("emptied/a.json", fileOf(cluster("c")));
  const before = await place.start();
  await before.fairlead.close();

  place.write("broken/a.json", "{ not JSON\n");
  place.remove("gone");
  place.remove("emptied/a.json");
  const after = await place.start();
  const clusters = await Promise.all(["broken", "gone", "emptied"].map((group) => after.clusters(group)));
  assert.deepEqual(clusters, [["a"], ["b"], ["c"]]);
  assert.deepEqual(await after.broken(), { broken: true, gone: true, emptied: true });
  await after.fairlead.close();

  place.write("broken/a.json", fileOf(cluster("mended")));
  const allowed = await place.start({ allowEmpty: true });
  assert.deepEqual(await allowed.clusters("broken"), ["mended"]);
  assert.equal(await allowed.clusters("gone"), undefined);
  assert.deepEqual(await allowed.clusters("emptied"), []);
});
