// The upstream servers of a test, in a process of their own: `backends.ts` starts it and reads the ports it sends.
// HTTP is written by hand over `net`: at 800 requests a second beside four Envoys, `node:http` was the bottleneck.
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { BackendKind, BackendsPlan } from "./backends.ts";
import { beforeOthers } from "./before-others.ts";
import { seededRandom } from "./random.ts";

type Answer = (socket: Socket, request: string) => void;

const plan = JSON.parse(process.argv[2]!) as BackendsPlan;
const random = seededRandom(plan.seed);
beforeOthers();

/** What ends a request of each kind (none of HTTP has a body), and how it is answered. */
const KINDS: Readonly<Record<BackendKind, { readonly end: string; readonly answer: (id: string) => Answer }>> = {
  http: { end: "\r\n\r\n", answer: answerHttp },
  tcp: { end: "\n", answer: answerLine },
  authz: { end: "\r\n\r\n", answer: allow },
};

const ports: Partial<Record<BackendKind, readonly number[]>> = {};
for (const kind of ["http", "tcp", "authz"] as const) {
  const { end, answer } = KINDS[kind];
  const servers = Array.from({ length: plan[kind] }, (_, index) =>
    serve(end, answer(`${kind}-${plan.firstId + index}`)),
  );
  ports[kind] = await Promise.all(servers.map(listen));
}
process.send!({ ports });
process.on("disconnect", () => process.exit(0));

/** Answers with its id in `x-backend`, and passes on what the authorization server added. */
function answerHttp(id: string): Answer {
  return (socket, request) => {
    const authz = /\r\n(x-authz: [^\r]+)/i.exec(request)?.[1];
    const more = authz === undefined ? "" : `${authz}\r\n`;
    later(socket, `HTTP/1.1 200 OK\r\nx-backend: ${id}\r\n${more}content-length: ${id.length}\r\n\r\n${id}`);
  };
}

/** Allows every request, and adds its id to it. Answers at once: its delay would only add to the backend's. */
function allow(id: string): Answer {
  return (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx-authz: ${id}\r\ncontent-length: 0\r\n\r\n`);
}

/** Answers a line with its id and the line. */
function answerLine(id: string): Answer {
  return (socket, line) => later(socket, `${id} ${line}\n`);
}

function later(socket: Socket, response: string): void {
  setTimeout(() => socket.writable && socket.write(response), random() * plan.maxDelayMs);
}

function serve(end: string, answer: Answer): Server {
  return createServer((socket) => {
    let rest = "";
    socket.setNoDelay().setEncoding("latin1");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      const requests = (rest + chunk).split(end);
      rest = requests.pop()!;
      for (const request of requests) answer(socket, request);
    });
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}
