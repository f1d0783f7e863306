import assert from "node:assert/strict";
import { closeSync, openSync, renameSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openFiles } from "./support/files.ts";
import { cluster, entry, fileOf } from "./support/resources.ts";
import { until } from "./support/until.ts";

const BROKEN = "resources:\n- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  nam: a\n";

test("a broken group keeps its last good state while others go on, and recovers", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": fileOf(cluster("b")) });
  const good = files.clusters();
  files.write("a.yaml", BROKEN);
  files.write("edge/b.yaml", fileOf(cluster("b2")));
  await until("the well group", () => files.names("edge").join() === "b2");
  assert.deepEqual(files.clusters(), good);
  const [fault] = files.source.status().faultyGroups.get("default")!.faults;
  assert.deepEqual(
    [fault?.file, fault?.line, fault?.column, fault?.pointer, fault?.rule],
    ["a.yaml", 3, 3, "/resources/0/nam", "json.unknown-field"],
  );
  assert.match(fault!.message, /did you mean name/);
  assert.equal(files.source.status().faultyGroups.get("default")?.isServed, true);
  files.write("a.yaml", fileOf(cluster("a3")));
  await until("the recovery", () => files.names().join() === "a3");
  assert.equal(files.source.status().faultyGroups.size, 0);
  assert.deepEqual(
    files.events.filter(({ kind }) => kind !== "committed").map(({ kind }) => kind),
    ["faulty", "recovered"],
  );
});

test("one fault is told once, however often it is seen", async (t) => {
  const files = await openFiles(t, { "a.yaml": BROKEN });
  for (let i = 0; i < 3; i++) await files.source.refresh();
  files.write("a.yaml", `${BROKEN}# still\n`);
  await files.source.refresh();
  assert.equal(files.events.filter(({ kind }) => kind === "faulty").length, 1);
});

test("a group that was never well exists all the same, so that its nodes get no other's content", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": BROKEN });
  assert.equal(files.store.state().groups.has("edge"), false);
  assert.equal(files.source.hasGroup("edge"), true);
  assert.equal(files.source.status().isLoaded, true);
  assert.equal(files.source.status().faultyGroups.get("edge")?.isServed, false);
  assert.equal(files.groupChanges(), 1);
  files.write("core/c.yaml", BROKEN);
  await until("another such group", () => files.source.hasGroup("core"));
  assert.equal(files.groupChanges(), 2, "without any commit, too");
});

test("a half-written file is waited for, in JSON and in YAML that parses so far", async (t) => {
  const yaml = (name: string) => `- '@type': ${TYPE_URLS.cluster}\n  name: ${name}\n`;
  const whole = {
    "a.yaml": `resources:\n${yaml("a1")}${yaml("a2")}${yaml("a3")}`,
    "b.json": fileOf(cluster("b1"), cluster("b2"), cluster("b3")),
  };
  const files = await openFiles(t, whole, { settleMs: 600_000 });
  const good = files.clusters();
  for (const [file, text] of Object.entries(whole)) {
    const changed = text.replaceAll("1", "one");
    const descriptor = openSync(join(files.root, file), "w");
    for (const end of [0, 20, 110, changed.length - 30]) {
      writeSync(descriptor, changed.slice(0, end), 0);
      await files.source.refresh();
      assert.deepEqual(files.clusters(), good, `${file} cut at ${end}`);
      assert.deepEqual(files.source.status().faultyGroups.size, 0, "not a fault yet");
    }
    writeSync(descriptor, changed, 0);
    closeSync(descriptor);
    await until("the whole file", () => files.names().includes(`${file[0]}one`));
    files.write(file, text);
    await until("its old text", () => files.names().includes(`${file[0]}1`));
  }
});

test("what stays half written is judged as it is when its time is over", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) }, { settleMs: 50 });
  files.write("a.yaml", "resources: [");
  await until("the fault", () => files.rules().join() === "yaml.syntax");
  assert.deepEqual(files.names(), ["a"]);
  files.write("a.yaml", fileOf(cluster("b")).trimEnd());
  await until("a file without a newline at its end", () => files.names().join() === "b");
});

test("emptying a group is refused, unless it is allowed", async (t) => {
  const careful = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": fileOf(cluster("b")) });
  careful.remove("a.yaml");
  careful.write("edge/b.yaml", "resources: []\n");
  await until("both faults", () => careful.rules().length + careful.rules("edge").length === 2);
  assert.deepEqual([careful.rules(), careful.rules("edge")], [["group.emptied"], ["group.emptied"]]);
  assert.deepEqual([careful.names(), careful.names("edge")], [["a"], ["b"]]);
  careful.remove("edge");
  await careful.source.refresh();
  assert.deepEqual(careful.names("edge"), ["b"]);

  const trusting = await openFiles(
    t,
    { "a.yaml": fileOf(cluster("a")), "edge/b.yaml": fileOf(cluster("b")) },
    { allowEmpty: true },
  );
  trusting.write("edge/b.yaml", "resources: []\n");
  await until("the empty group", () => trusting.clusters("edge")?.length === 0);
  trusting.remove("edge/b.yaml");
  await trusting.source.refresh();
  assert.deepEqual(trusting.clusters("edge"), [], "its directory is still there");
  trusting.remove("edge");
  await until("the withdrawn group", () => trusting.clusters("edge") === undefined);
});

test("the directory's own deletion keeps everything, and its return is noticed", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) }, { allowEmpty: true });
  for (const name of ["b", "c"]) {
    renameSync(files.root, `${files.root}-away-${name}`);
    await until("the fault", () => files.source.status().faults.length === 1);
    assert.equal(files.clusters()?.length, 1);
    files.write("a.yaml", fileOf(cluster(name)));
    // Made anew in two steps, so the directory may first have been seen empty; files are told of by then.
    await until("its return", () => files.names().join() === name);
    assert.deepEqual(files.source.status().faults, []);
  }
});

test("a directory that is not there at the start is waited for", async (t) => {
  const files = await openFiles(t, undefined);
  assert.equal(files.source.status().isLoaded, false);
  assert.deepEqual(
    files.source.status().faults.map(({ rule }) => rule),
    ["file.unreadable"],
  );
  files.write("a.yaml", fileOf(cluster("a")));
  await until("its content", () => files.names().join() === "a");
  assert.equal(files.source.status().isLoaded, true);
  assert.deepEqual(files.source.status().faults, []);
});

test("two files that define one name are refused, naming both", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")), "b.yaml": fileOf(cluster("b")) });
  files.write("b.yaml", fileOf(cluster("b"), cluster("a", "9s")));
  await until("the fault", () => files.rules().join() === "name.duplicate");
  const [fault] = files.source.status().faultyGroups.get("default")!.faults;
  assert.match(fault!.message, /by file at b\.yaml:\d+:\d+.* and by file at a\.yaml:\d+:\d+/);
  assert.deepEqual(files.names(), ["a", "b"]);
  files.write("a.yaml", fileOf(cluster("other")));
  await until("the end of the conflict", () => files.names().join() === "a,b,other");
});

test("a name that the API defines is refused to a file until the API lets go of it", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  await files.store.commit([
    { kind: "update", group: "default", owner: "api", upsert: [entry("api", "x")], remove: [] },
  ]);
  files.write("a.yaml", fileOf(cluster("a"), cluster("x")));
  await until("the fault", () => files.rules().join() === "name.taken");
  await files.store.commit([{ kind: "withdraw", group: "default", owner: "api" }]);
  await until("the recovery", () => files.names().join() === "a,x" && files.rules().length === 0);
});

test("a file that cannot be read keeps its group", async (t) => {
  const files = await openFiles(t, { "a.yaml": fileOf(cluster("a")) });
  symlinkSync("nowhere", join(files.root, "b.yaml"));
  writeFileSync(join(files.root, "c.yaml"), Buffer.from([0x72, 0x3a, 0x20, 0xff, 0x0a]));
  await until("the faults", () => files.rules().join() === "file.unreadable,file.unreadable");
  files.remove("b.yaml");
  files.write("c.yaml", fileOf(cluster("c")));
  await until("the recovery", () => files.names().join() === "a,c");
});
