// The upstream servers of a test, in a process of their own: `backends.ts` starts it and reads the ports it sends.
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { BackendKind, BackendsPlan } from "./backends.ts";
import { seededRandom } from "./random.ts";

const plan = JSON.parse(process.argv[2]!) as BackendsPlan;
const random = seededRandom(plan.seed);
const delay = () => sleep(random() * plan.maxDelayMs);

const starters: Record<BackendKind, (id: string) => Server> = { http: startHttp, tcp: startTcp, authz: startAuthz };
const servers = (["http", "tcp", "authz"] as const).map((kind) => {
  const started = Array.from({ length: plan[kind] }, (_, index) => starters[kind](`${kind}-${index}`));
  return { kind, started };
});

const ports: Record<string, number[]> = {};
for (const { kind, started } of servers) ports[kind] = await Promise.all(started.map(listen));
process.send!({ ports });
process.on("disconnect", () => process.exit(0));

/** Answers with its id in `x-backend`, and passes on what the authorization server added. */
function startHttp(id: string): Server {
  return keepConnections(
    createHttpServer(async (request, response) => {
      request.resume();
      await delay();
      const authz = request.headers["x-authz"];
      response.writeHead(200, { "x-backend": id, ...(authz === undefined ? {} : { "x-authz": authz }) });
      response.end(id);
    }),
  );
}

/** Allows every request, and adds its id to it. Answers at once: its delay would only add to the backend's. */
function startAuthz(id: string): Server {
  return keepConnections(
    createHttpServer((request, response) => {
      request.resume();
      response.writeHead(200, { "x-authz": id }).end();
    }),
  );
}

/** Answers each line with its id and the line. */
function startTcp(id: string): Server {
  return createTcpServer((socket) => {
    let rest = "";
    socket.setNoDelay().setEncoding("latin1");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) void echo(socket, `${id} ${line}\n`);
    });
  });
}

async function echo(socket: Socket, answer: string): Promise<void> {
  await delay();
  if (socket.writable) socket.write(answer);
}

/** Node closes idle connections after 5 s, which loses requests of its own: not what is tested here. */
function keepConnections(server: HttpServer): HttpServer {
  return Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}
