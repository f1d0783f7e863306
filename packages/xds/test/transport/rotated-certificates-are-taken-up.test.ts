// reliability.md, "certificate rotated": new handshakes use it within 2 s; existing streams stay up.
import assert from "node:assert/strict";
import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import type { XdsError } from "../../src/errors.ts";
import { listenHttp2 } from "../../src/server/http2/listen.ts";
import { makeCertificate, type TestCertificate } from "../support/certificates.ts";
import { listenEcho } from "../support/echo-server.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const authority = makeCertificate("test authority");

function certificate(name: string): TestCertificate {
  return makeCertificate(name, { issuer: authority, sans: [["IP", "127.0.0.1"]] });
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-tls-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function nameShown(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", ca: authority.cert, ALPNProtocols: ["h2"] });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

async function shows(port: number, name: string): Promise<void> {
  for (let tries = 0; (await nameShown(port)) !== name; tries++) {
    assert.ok(tries < 500, `the server does not show ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("files rewritten in place, one after the other", async (t) => {
  const folder = await temporaryFolder(t);
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const [first, second] = [certificate("first"), certificate("second")];
  await writeFile(cert, first.cert);
  await writeFile(key, first.key);
  const tls = { cert: { file: cert }, key: { file: key } };
  const server = await listenEcho(t, { tls, limits: { certificatePollMs: 20 } });
  const connection = connectTo(server.target, { tls: { ca: authority.cert } });
  t.after(() => connection.close());
  const call = startCall(connection);
  call.send("before");
  await waitFor("the echo", () => call.messages.length === 1);
  assert.equal(await nameShown(server.port), "first");

  await writeFile(cert, second.cert); // the key does not fit: a rotation half done
  await waitFor("the misfit to be reported", () => server.faults.length > 0);
  assert.match(String(server.faults[0]), /tls\.crt/);
  assert.equal(await nameShown(server.port), "first");

  await writeFile(key, second.key);
  await shows(server.port, "second");
  call.send("after");
  await waitFor("the old stream's echo", () => call.messages.length === 2);
  assert.equal(server.faults.length, 1, "a misfit is reported once");
});

test("a symlink swapped, as Kubernetes does", async (t) => {
  const folder = await temporaryFolder(t);
  const bundle = async (name: string): Promise<string> => {
    const made = certificate(name);
    const file = join(folder, `${name}.pem`);
    await writeFile(file, made.key + made.cert);
    return file;
  };
  const current = join(folder, "current.pem");
  await symlink(await bundle("first"), current);
  const tls = { cert: { file: current }, key: { file: current } };
  const server = await listenEcho(t, { tls, limits: { certificatePollMs: 20 } });
  assert.equal(await nameShown(server.port), "first");
  await symlink(await bundle("second"), `${current}.new`);
  await rename(`${current}.new`, current);
  await shows(server.port, "second");
});

test("a rotated client authority decides on new handshakes", async (t) => {
  const folder = await temporaryFolder(t);
  const clientCa = join(folder, "ca.crt");
  const [own, next] = [certificate("server"), makeCertificate("next authority")];
  await writeFile(clientCa, authority.cert);
  const tls = { cert: { pem: own.cert }, key: { pem: own.key }, clientCa: { file: clientCa } };
  const server = await listenEcho(t, { tls, limits: { certificatePollMs: 20 } });
  const client = makeCertificate("client", { issuer: next });
  const attempt = (): Promise<number> => {
    const connection = connectTo(server.target, { tls: { ca: authority.cert, cert: client.cert, key: client.key } });
    t.after(() => connection.close());
    const call = startCall(connection);
    call.end();
    return call.ended.then(({ code }) => code);
  };
  assert.equal(await attempt(), 14);
  await writeFile(clientCa, next.cert);
  let code = 14;
  for (let tries = 0; code !== 0 && tries < 500; tries++) code = await attempt();
  assert.equal(code, 0);
});

test("files that cannot be read or don't fit stop the start, and are named", async (t) => {
  const folder = await temporaryFolder(t);
  const [first, second] = [certificate("first"), certificate("second")];
  const start = (tls: { cert: object; key: object }): Promise<unknown> =>
    listenHttp2({ port: 0, tls: tls as never }, { onStream: () => ({ code: 12, message: "" }) });
  const missing = join(folder, "missing.pem");
  const isInvalid = (pattern: RegExp) => (error: XdsError) =>
    error.code === "tls-invalid" && pattern.test(error.message);
  await assert.rejects(
    start({ cert: { file: missing }, key: { pem: first.key } }),
    isInvalid(/certificate .*missing\.pem/),
  );
  await assert.rejects(start({ cert: { pem: first.cert }, key: { pem: second.key } }), isInvalid(/the PEM given/));
});
