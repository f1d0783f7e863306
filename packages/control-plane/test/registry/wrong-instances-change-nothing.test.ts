import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";

const GOOD = { address: "10.0.0.1", port: 80 };
const A = "/v1/services/web/instances/a";
/** Metadata of so many levels. */
const nested = (depth: number): object => (depth === 1 ? { a: 1 } : { a: nested(depth - 1) });

test("each wrong field is named with what mends it; nothing is changed and nothing is lost", async (t) => {
  const { request, fairlead } = await start(t, { config: { admin: { maxBodyBytes: 9_000_000 } } });
  for (const id of ["a", "b"]) await request("PUT", `/v1/services/web/instances/${id}`, GOOD);
  const state = async () => {
    const instances = (await request("GET", "/v1/services/web/instances")).body;
    const resources = (await request("GET", "/v1/groups/default/resources")).body;
    return JSON.stringify([(await request("GET", "/v1/services")).body, instances, resources]).replace(
      /"heardAt":"[^"]*"/g,
      "",
    );
  };
  const before = await state();
  const refused = async (what: unknown, path: string, status: number, says: RegExp, method = "PUT") => {
    const { body, ...answer } = await request(method, path, what);
    const shown = `${method} ${path}: ${JSON.stringify(body)}`;
    assert.equal(answer.status, status, shown);
    assert.equal(answer.headers.get("content-type"), "application/problem+json; charset=utf-8", shown);
    assert.match(body.detail, says, shown);
    assert.ok(JSON.stringify(body).length < 20_000, "an answer is no echo");
  };
  const put = (said: object, says: RegExp, status = 400) => refused({ ...GOOD, ...said }, A, status, says);

  for (const address of [
    "",
    "10.0.0.256",
    "10.0.0.1:80",
    "[::1]",
    "fe80::1%eth0",
    "http://x",
    "a b",
    "-",
    "a".repeat(300),
  ]) {
    await put({ address }, /address/);
  }
  for (const port of [0, -1, 65_536, 1.5, "80", null, 1e300]) await put({ port }, /port/);
  await put({ address: 7 }, /address/);
  await put({ weight: 129 }, /weight/);
  await put({ status: "UPP" }, /status/);
  await put({ ttlMs: 1 }, /ttlMs 1: .*1000/);
  await put({ ttlMs: -1 }, /ttlMs/);
  await put({ locality: { region: 7 } }, /locality\/region/);
  await put({ locality: { regoin: "r" } }, /regoin.*did you mean region/);
  await put({ metadata: [] }, /metadata/);
  await put({ metadata: { a: "x".repeat(5_000) } }, /metadata has .* bytes .*4096/);
  await put({ metadata: nested(17) }, /metadata is nested more than 16 deep/);
  await put({ metadata: nested(700) }, /metadata is nested more than 16 deep/);
  await refused('{"address":"10.0.0.1","port":80,"metadata":{"a":[1e400]}}', A, 400, /number that is too large/);
  await put({ sequence: -1 }, /sequence/);
  await put({ incarnation: 2 ** 60 }, /incarnation/);
  await put({ adress: "x" }, /adress.*did you mean address/);
  const misspelt = { address: GOOD.address, prot: 80 };
  await refused(misspelt, A, 400, /^The request's body: unknown field prot; did you mean port\?$/);
  await refused({ address: GOOD.address }, A, 400, /^The request's body: \/port: it is missing; expected number$/);
  await put({ metadata: { a: "x".repeat(10_000_000) } }, /larger than 9000000 bytes/, 413);
  await refused([], "/v1/services/web/instances/a", 400, /object/);
  await refused("{", "/v1/services/web/instances/a", 400, /line 1/);
  await refused(GOOD, "/v1/services/w%2Fb/instances/a", 400, /service/);
  await refused(GOOD, "/v1/services/web/instances/%20", 400, /id/);
  await refused(GOOD, `/v1/services/${"s".repeat(300)}/instances/a`, 400, /service/);
  await refused(GOOD, "/v1/services/%ff/instances/a", 400, /./);
  await refused({ sequence: "1" }, "/v1/services/web/instances/a/heartbeat", 400, /sequence/, "POST");
  await refused(undefined, "/v1/services/web/instances/a?sequenc=1", 400, /did you mean sequence/, "DELETE");
  await refused({ protocol: "h2", groups: ["a/b"] }, "/v1/services/web", 400, /groups/);

  const twice = [1, 2].map((port) => ({ service: "web", id: "x", ...GOOD, port }));
  await refused({ register: [...twice, { ...twice[0], id: "y" }] }, "/v1/announcements", 400, /twice/, "POST");
  await refused(
    {
      register: [
        { ...twice[0], id: "y" },
        { id: "z", ...GOOD },
      ],
    },
    "/v1/announcements",
    400,
    /register\/1\/service/,
    "POST",
  );
  await refused(
    { heartbeats: new Array(10_001).fill({ service: "web", id: "a" }) },
    "/v1/announcements",
    400,
    /10000/,
    "POST",
  );
  await refused({ heartbeat: [] }, "/v1/announcements", 400, /did you mean heartbeats/, "POST");

  const { port } = new URL(fairlead.adminUrl);
  const body = Buffer.concat([Buffer.from('{"address":"'), Buffer.from([0xc3, 0x28]), Buffer.from('","port":80}')]);
  const head = `PUT /v1/services/web/instances/a HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(Buffer.concat([Buffer.from(head), body]));
  assert.match(await text(socket), /^HTTP\/1\.1 400 [\s\S]*address/);

  assert.equal(await state(), before, "nothing was changed, nothing was lost");
  assert.equal((await request("PUT", A, { ...GOOD, metadata: nested(16) })).status, 200, "and it goes on");
});

test("a service takes so many instances and no more; those that there are stay", async (t) => {
  const { request } = await start(t);
  let [taken, full] = [0, 0];
  for (let part = 0; part < 100; part++) {
    const register = Array.from({ length: 1_000 }, (_, index) => ({
      service: "big",
      id: `i${part * 1_000 + index}`,
      address: `10.0.${part}.1`,
      port: index + 1,
    }));
    const { status, body } = await request("POST", "/v1/announcements", { register });
    assert.equal(status, 200);
    const refusals: readonly { readonly code: string; readonly message: string }[] = body.refusals;
    assert.ok(refusals.every(({ code, message }) => code === "registry-full" && /10000/.test(message)));
    full += refusals.length;
    taken += register.length - refusals.length;
  }
  assert.deepEqual([taken, full], [10_000, 90_000]);
  const one = await request("PUT", "/v1/services/big/instances/more", GOOD);
  assert.deepEqual([one.status, one.body.code], [409, "registry-full"]);
  const [service] = (await request("GET", "/v1/services")).body.services;
  assert.deepEqual([service.instances, service.healthy], [10_000, 10_000]);
  assert.equal((await request("PUT", "/v1/services/small/instances/a", GOOD)).status, 201, "others go on");
});
