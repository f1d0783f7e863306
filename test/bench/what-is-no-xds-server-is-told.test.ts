import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { makeCertificate } from "../support/certificate.ts";
import { freePort } from "../support/free-port.ts";
import { makeScratch } from "../support/scratch.ts";
import { runBench } from "./support/run-bench.ts";

const scratch = makeScratch("bench-targets");
let runs = 0;

/** The run ends by itself with 1, says why in one line, and leaves no result. */
async function isRefused(port: number, says: RegExp, flags: readonly string[] = []): Promise<void> {
  const args = [
    "--target",
    `127.0.0.1:${port}`,
    "--streams",
    "3",
    "--scenario",
    "connect",
    "--duration",
    "1s",
    ...flags,
  ];
  const { code, stderr, result } = await runBench(args, join(scratch.path, String(runs++)));
  assert.match(stderr, says);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}`), "which target");
  assert.doesNotMatch(stderr, /defect|\n {4}at /);
  assert.equal(code, 1, stderr);
  assert.equal(result, undefined);
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe("a run against what is no xDS server ends with 1 and a reason", { concurrency: 3 }, () => {
  test("nobody listens", async () => {
    await isRefused(await freePort(), /error: .*(refused|nobody listens)/i);
  });

  test("connections are reset", async (t) => {
    await isRefused(
      await listen(
        t,
        createServer((socket) => socket.resetAndDestroy()),
      ),
      /error: .*(reset|closed)/i,
    );
  });

  test("HTTP/1.1 is spoken", async (t) => {
    const server = createHttpServer((_, response) => response.end("hello"));
    await isRefused(await listen(t, server), /error: .*HTTP\/1/);
  });

  test("TLS is asked for in plaintext", async (t) => {
    const { certificate: cert, privateKey: key } = makeCertificate("localhost");
    const server = createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => socket.on("error", () => {}));
    server.on("tlsClientError", () => {});
    await isRefused(await listen(t, server), /error: .*TLS/);
  });

  test("plaintext is asked for TLS", async (t) => {
    const server = createHttpServer((_, response) => response.end("hello"));
    await isRefused(await listen(t, server), /error: .*TLS/, ["--tls-insecure"]);
  });

  test("a certificate is not trusted", async (t) => {
    const { certificate: cert, privateKey: key } = makeCertificate("localhost");
    const server = createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => socket.on("error", () => {}));
    server.on("tlsClientError", () => {});
    await isRefused(await listen(t, server), /error: .*certificate/, ["--tls-server-name", "localhost"]);
  });

  test("gRPC is spoken, but not xDS", async (t) => {
    const server = new GrpcServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    t.after(() => server.forceShutdown());
    await isRefused(port, /error: .*(UNIMPLEMENTED|does not serve)/);
  });
});
