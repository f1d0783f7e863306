import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { type Answer, start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";

function assertProblem(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status);
  assert.equal(answer.headers.get("content-type"), "application/problem+json; charset=utf-8");
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.code, code);
  assert.equal(answer.body.type, "about:blank");
  for (const field of ["title", "detail", "instance"]) assert.equal(typeof answer.body[field], "string", field);
}

test("what is not there, not allowed, too large, no JSON or not ours is told as RFC 9457 says", async (t) => {
  const { request } = await start(t, { config: { admin: { maxBodyBytes: 2_000 } } });
  const resources = "/v1/groups/g/resources";
  assertProblem(await request("GET", "/v2/nothing?x=1"), 404, "path-unknown");
  assertProblem(await request("GET", resources), 404, "group-unknown");
  assertProblem(await request("GET", "/v1/nodes/nobody"), 404, "node-unknown");
  const refused = await request("POST", resources, { resources: [] });
  assertProblem(refused, 405, "method-not-allowed");
  assert.deepEqual(refused.headers.get("allow")?.split(", ").sort(), ["DELETE", "GET", "HEAD", "PATCH", "PUT"]);
  assertProblem(await request("DELETE", "/healthz"), 405, "method-not-allowed");
  assertProblem(await request("PUT", resources, { resources: ["x".repeat(2_000)] }), 413, "body-too-large");
  assertProblem(await request("PUT", resources, "a: 1", { "content-type": "application/yaml" }), 415, "media-type");
  assertProblem(await request("PUT", resources, { resources: 1 }), 400, "request-invalid");
  assertProblem(await request("PUT", resources, { resources: [], more: 1 }), 400, "request-invalid");
  assertProblem(await request("PUT", "/v1/groups/.hidden/resources", { resources: [] }), 400, "group-invalid");
  assertProblem(await request("PUT", `${resources}?wait=forever`, { resources: [] }), 400, "request-invalid");
  assertProblem(await request("PUT", `${resources}?timeout=11m`, { resources: [] }), 400, "request-invalid");
  assertProblem(await request("GET", "/v1/nodes?limit=0"), 400, "request-invalid");
  assertProblem(await request("GET", "/v1/groups/%zz/resources"), 400, "request-unreadable");
});

test("a misspelt parameter is refused: a `dryrun` that is not seen would be a write", async (t) => {
  const { request } = await start(t);
  const resources = "/v1/groups/g/resources";
  const answer = await request("PUT", `${resources}?dryrun=true`, { resources: [cluster("a")] });
  assertProblem(answer, 400, "request-invalid");
  assert.match(answer.body.detail, /unknown parameter dryrun; did you mean dryRun\?/);
  assertProblem(await request("GET", resources), 404, "group-unknown");
  const listed = await request("GET", "/v1/groups?zzzzzz=1");
  assertProblem(listed, 400, "request-invalid");
  assert.match(listed.body.detail, /known here: limit, after/);
});

test("a body that is no JSON is told with line and column", async (t) => {
  const { request } = await start(t);
  const answer = await request("PUT", "/v1/groups/g/resources", '{"resources": [\n  {"a": 1,}\n]}');
  assertProblem(answer, 400, "json-invalid");
  assert.deepEqual(
    answer.body.faults.map(({ line, column, rule }: Record<string, unknown>) => [line, column, rule]),
    [[2, 11, "json.syntax"]],
  );
});

test("a foreign host name is refused on loopback, for the web page that uses it would reach anything", async (t) => {
  const { fairlead } = await start(t);
  const { port } = new URL(fairlead.adminUrl);
  const ask = (host: string) =>
    raw(Number(port), `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of ["localhost", `127.0.0.1:${port}`, "[::1]", "LOCALHOST:1"]) {
    assert.match(await ask(host), /^HTTP\/1\.1 200 /, host);
  }
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"]) {
    assert.match(await ask(host), /^HTTP\/1\.1 421 [\s\S]*"code":"host-foreign"/, host);
  }
});

test("bytes that are no HTTP request end with a problem, and harm nobody", async (t) => {
  const { fairlead, request } = await start(t);
  const port = Number(new URL(fairlead.adminUrl).port);
  assert.match(
    await raw(port, "NONSENSE\r\n\r\n"),
    /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*request-unreadable/,
  );
  assert.match(await raw(port, `GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.equal((await request("GET", "/healthz")).status, 200);
});

/** What the server answers to some bytes until it ends the connection. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(bytes);
  return await text(socket);
}
