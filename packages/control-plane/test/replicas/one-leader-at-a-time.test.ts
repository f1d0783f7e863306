import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { etcdOfFile } from "../../../../test/support/etcd-of-file.ts";
import { freePort } from "../../../../test/support/free-port.ts";
import { waitFor } from "../../../../test/support/wait-for.ts";
import type { FairleadError } from "../../src/errors.ts";
import { replicateAlone } from "../../src/replicas/alone.ts";
import { replicateByEtcd } from "../../src/replicas/by-etcd.ts";
import { nameProcess } from "../../src/replicas/still-runs.ts";
import { createEtcdClient } from "../../src/store/etcd/client.ts";
import { put } from "../../src/store/etcd/operations.ts";
import { parseEtcdUrl } from "../../src/store/etcd/settings.ts";
import { start } from "../support/fairlead.ts";

const { etcd, options } = await etcdOfFile();

const MIN_TTL_MS = 2_000;

/** A replica behind its own way to etcd, and what it was told, on a clock that all share. */
async function join(id: string, process = `elsewhere/1/${id}`) {
  const link = await etcd.link();
  const client = createEtcdClient(parseEtcdUrl(link.url));
  const self = { id, adminUrl: "http://127.0.0.1:1", process };
  const replication = replicateByEtcd(client, { prefix: "/test", self, leaseTtlMs: MIN_TTL_MS });
  const members: string[] = [];
  replication.membership.watch((event) =>
    members.push("replica" in event ? `${event.kind} ${event.replica.id}` : event.kind),
  );
  const election = replication.elect("sources");
  const terms: { from: number; to: number | undefined }[] = [];
  election.watch((isLeader) => {
    if (isLeader) terms.push({ from: performance.now(), to: undefined });
    else terms.at(-1)!.to = performance.now();
  });
  const close = async () => {
    await replication.close();
    client.close();
  };
  return { id, link, replication, members, election, terms, close };
}

test(
  "a leader that is cut off stops leading before another begins, and others are told that it left",
  options,
  async (t) => {
    const replicas = [await join("a"), await join("b"), await join("c")];
    t.after(() => Promise.all(replicas.map(({ close }) => close())));
    const leaders = () => replicas.filter(({ election }) => election.isLeader());
    await waitFor("a leader", () => leaders().length === 1);
    const everybody = () => replicas.every(({ replication }) => replication.membership.live().size === 3);
    await waitFor("everybody to know of everybody", everybody);

    const [first] = leaders();
    const others = replicas.filter((replica) => replica !== first);
    first!.link.blackhole();
    await waitFor("another leader", () => others.some(({ election }) => election.isLeader()));
    const [second] = leaders();
    assert.notEqual(second, first);
    assert.ok(first!.terms[0]!.to! <= second!.terms[0]!.from, "two led at a time");
    await waitFor("the others to be told", () => others.every(({ members }) => members.includes(`left ${first!.id}`)));
    assert.ok(first!.members.includes("unlisted"));
    assert.equal(first!.replication.membership.isListed(), false);

    first!.link.heal();
    await waitFor("the first to be back", () => everybody() && first!.replication.membership.isListed());
    await waitFor("it to follow the second", () => first!.election.leader() === second!.id);
    assert.equal(first!.election.isLeader(), false);

    await second!.replication.close();
    await waitFor("a third leader", () => leaders().length === 1);
    assert.ok(second!.terms[0]!.to! <= leaders()[0]!.terms.at(-1)!.from);
    await waitFor("its leaving to be told", () => leaders()[0]!.members.includes(`left ${second!.id}`));
  },
);

test("a replica's id is taken while its process runs, and free at once when that has ended", options, async (t) => {
  const endpoints = { store: { etcd: { endpoints: [...etcd.endpoints] } }, replica: { id: "edge-1" } };
  const undecided = takesTurns(t);
  const first = await start(t, { config: endpoints });
  await assert.rejects(start(t, { config: endpoints }), (error: FairleadError) => {
    assert.match(error.message, /another replica is called edge-1 \(http:\/\/127\.0\.0\.1:\d+, process .*replica\.id/);
    return error.code === "replica-id-taken";
  });
  assert.equal((await first.request("GET", "/v1/replicas")).body.replicas.length, 1);

  // As one that was killed leaves it: its key stays for as long as its lease.
  const client = createEtcdClient(parseEtcdUrl(etcd.url));
  t.after(() => client.close());
  const { id } = await client.grantLease(600_000);
  const former = { adminUrl: `http://127.0.0.1:${await freePort()}`, process: nameProcess("former") };
  await client.txn({ success: [put("/fairlead/replicas/edge-2", JSON.stringify(former), id)] });
  const second = await start(t, { config: { ...endpoints, replica: { id: "edge-2" } } });
  await waitFor(
    "both to be listed",
    async () => (await first.request("GET", "/v1/replicas")).body.replicas.length === 2,
  );
  const { body } = await second.request("GET", "/v1/replicas?local=true");
  assert.equal(body.replicas[0].id, "edge-2");
  await Promise.all([first, second].map(({ fairlead }) => fairlead.close()));
  await undecided;
});

/** Where the admin API of the one that has the id is of another machine, and cannot be reached, its lease decides. */
async function takesTurns(t: TestContext): Promise<void> {
  const owner = await join("same", "elsewhere/1/owner");
  await owner.replication.membership.joined();
  const other = await join("same", "elsewhere/1/other");
  t.after(() => other.close());
  await assert.rejects(other.replication.membership.joined(), { code: "replica-id-taken" });
  assert.deepEqual(other.members, ["waiting", "displaced"]);
  assert.ok(owner.replication.membership.isListed());
  await owner.close();
  await waitFor("it to have the id", () => other.replication.membership.isListed());
}

test("a replica alone leads everything until it steps down", async () => {
  const self = { id: "a", adminUrl: "http://a" };
  const replication = replicateAlone(self);
  const election = replication.elect("sources");
  const told: boolean[] = [];
  election.watch((isLeader) => told.push(isLeader));
  assert.deepEqual([election.isLeader(), election.leader()], [true, "a"]);
  assert.deepEqual([...replication.membership.live().values()], [self]);
  await election.close();
  assert.deepEqual(told, [true, false]);
});
