import assert from "node:assert/strict";
import { test } from "node:test";
import { fairlead, runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

test("an instance is registered, shown, followed, completed and taken away", async (t) => {
  const { fairlead: running, request } = await start(t);
  const env = { FAIRLEAD_ADMIN: running.adminUrl };
  const run = (...args: string[]) => runFairlead(t, args, env);
  assert.match((await run("get", "services")).stdout, /^no service announces itself; `fairlead register`/);
  const registered = await run("register", "web", "a", "10.0.0.1:80", "--zone", "z1", "--weight", "3", "--ttl", "60");
  assert.match(registered.stdout, /^web\/a is registered, revision \d+\n$/, registered.stderr);
  const services = (await run("get", "services")).stdout.split("\n");
  assert.match(services[0]!, /^SERVICE +INSTANCES +HEALTHY/);
  assert.match(services[1]!, /^web +1 +1 +0/);
  const lines = (await run("get", "instances", "web")).stdout.split("\n");
  assert.match(lines[0]!, /^INSTANCE +ADDRESS +STATUS +HEALTH +HEARD +WEIGHT +LOCALITY +OWNER$/);
  assert.match(lines[1]!, /^a +10\.0\.0\.1:80 +UP +healthy +\d+s +3 +\/z1\/ +\S+$/);
  assert.equal(JSON.parse((await run("get", "instances", "web", "-o", "json")).stdout).instances[0].ttlMs, 60_000);
  assert.match((await run("__complete", "get", "instances", "w")).stdout, /^web\n/);

  const following = fairlead(t, ["get", "instances", "web", "--follow"], env);
  await following.prints(/^a 10\.0\.0\.1:80 UP healthy$/m);
  await request("PUT", "/v1/services/web/instances/b", { address: "::1", port: 81, status: "DRAINING" });
  await following.prints(/^b \[::1\]:81 DRAINING healthy$/m);
  assert.match((await run("deregister", "web", "a")).stdout, /^web\/a is deregistered/);
  await following.prints(/^a gone$/m);

  const again = await run("deregister", "web", "a");
  assert.deepEqual(
    [again.code, again.stderr],
    [1, "error: web/a is not registered: nothing is to be taken away\n"],
    "its name is told once",
  );
  assert.match((await run("get", "instances", "nobody")).stderr, /There is no service nobody/);
  const wrong: [string[], RegExp][] = [
    [["10.0.0.1"], /"10\.0\.0\.1" is no HOST:PORT/],
    [[":80"], /":80" is no HOST:PORT/],
    [["10.0.0.1:65536"], /the port is out of range, it must be from 1 to 65535/],
    [["10.0.0.1:0"], /the port is out of range/],
    [["10.0.0.1:80", "--weight", "129"], /Expected a whole number from 1 to 128/],
    [["10.0.0.1:80", "--ttl", "30s"], /Expected seconds without a unit/],
    [["10.0.0.1:80", "--ttl", "0.5"], /^error: --ttl: the server takes 1 to 3600 seconds/],
  ];
  await Promise.all(
    wrong.map(async ([args, expected]) => {
      const { code, stderr } = await run("register", "web", "a", ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, expected);
    }),
  );
});
