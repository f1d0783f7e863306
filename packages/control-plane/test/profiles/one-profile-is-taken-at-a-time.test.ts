import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { until } from "../support/until.ts";

const LONG = "/debug/pprof/profile?seconds=300";
/** Takes no time by itself. */
const SHORT = "/debug/pprof/heap";

test("another is told when to ask again, and who hangs up makes room", async (t) => {
  const { fairlead, request } = await start(t);
  for (const path of [LONG, "/debug/flamegraph?seconds=300", "/debug/pprof/heap?seconds=300"]) {
    const first = get(fairlead.adminUrl + path, { agent: false });
    first.on("error", () => {});
    await until("the first is being taken", async () => (await request("GET", SHORT)).status === 409);
    const second = await request("GET", LONG);
    assert.equal(second.status, 409);
    assert.equal(second.headers.get("content-type"), "application/problem+json; charset=utf-8");
    assert.equal(second.body.code, "profile-running");
    const retryAfter = Number(second.headers.get("retry-after"));
    assert.ok(retryAfter > 200 && retryAfter <= 300, `${retryAfter}`);
    assert.equal(second.body.retryAfter, retryAfter);
    first.destroy();
    await until("there is room again", async () => (await request("GET", SHORT)).status === 200);
  }
});

test("one that is being taken when the control plane ends tells what it has by then", async (t) => {
  const { fairlead, request } = await start(t);
  const asked = get(fairlead.adminUrl + LONG, { agent: false });
  const answered = once(asked, "response");
  await until("it is being taken", async () => (await request("GET", SHORT)).status === 409);
  await fairlead.close();
  const [response] = await answered;
  assert.equal(response.statusCode, 200);
  const [first] = (await once(response, "data")) as [Buffer];
  assert.deepEqual([...first.subarray(0, 2)], [0x1f, 0x8b]);
});

test("how long is a whole number from 1 to 300, and a HEAD takes none", async (t) => {
  const { request } = await start(t);
  for (const seconds of ["0", "301", "1.5", "-1", "x", ""]) {
    for (const path of ["/debug/pprof/profile", "/debug/pprof/heap", "/debug/flamegraph"]) {
      const { status, body } = await request("GET", `${path}?seconds=${seconds}`);
      assert.deepEqual([status, body.code], [400, "request-invalid"], `${path} ${seconds}`);
    }
  }
  assert.equal((await request("HEAD", LONG)).status, 405);
});

test("profiles are the admin API's: not under a foreign name, and not on the xDS port", async (t) => {
  const { fairlead, request } = await start(t);
  const index = await request("GET", "/debug/pprof/");
  for (const link of ['"profile?', '"heap"', '"../flamegraph?']) assert.ok(index.body.includes(`href=${link}`), link);
  const { port } = new URL(fairlead.adminUrl);
  const ask = async (port: number | string, path: string, host: string) => {
    const [response] = await once(get({ port, path, host: "127.0.0.1", headers: { host }, agent: false }), "response");
    response.resume();
    return response.statusCode;
  };
  for (const path of ["/debug/pprof/", LONG, SHORT, "/debug/flamegraph"]) {
    assert.equal(await ask(port, path, "evil.example"), 421, path);
    assert.equal(await ask(fairlead.xdsAddress.port, path, "localhost"), 404, path);
  }
});
