// The client of a test, in a process of its own so that the test's work delays no request: `traffic.ts` starts it.
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type TLSSocket } from "node:tls";
import { beforeOthers } from "./before-others.ts";
import type { Answer, Failure, FromTraffic, LostRequest, ToTraffic, TrafficPlan } from "./traffic.ts";
import { type Framing, http1, lines } from "./traffic-framing.ts";

interface Connection {
  readonly socket: Socket;
  readonly isKept: boolean;
  received: string;
  request: Request | undefined;
}

interface Request {
  readonly sentAt: number;
  readonly path: string;
  readonly timer: NodeJS.Timeout;
}

const TICK_MS = 5;
const plan = JSON.parse(process.argv[2]!) as TrafficPlan;
const framing: Framing = plan.protocol === "tcp" ? lines : http1(plan.identity);

// Made once: with the machine's certificate authorities a context takes longer than a handshake.
const tls = { rejectUnauthorized: false, secureContext: createSecureContext({ ca: [] }) };

const idle: Connection[] = [];
const answers: Answer[] = [];
const lost: LostRequest[] = [];
const watches = new Map<number, { readonly by: string; readonly since: number }>();
let connections = 0;
let sent = 0;
let heldBack = 0;
let underWay = 0;
let isStopping = false;

beforeOthers();
for (let number = 0; number < plan.keptAlive; number++) idle.push(open(true));
const startedAt = now();
const ticker = setInterval(sendDue, TICK_MS);
process.on("message", onMessage);
process.on("disconnect", () => process.exit(0));
tell({ type: "started" });

function sendDue(): void {
  const due = ((now() - startedAt) * plan.requestsPerSecond) / 1000;
  while (sent + heldBack < due) {
    if (underWay < plan.maxUnderWay) send(sent++);
    else heldBack++;
  }
}

function send(number: number): void {
  const isKept = number % 2 === 0;
  const connection = isKept ? (idle.shift() ?? open(true)) : open(false);
  const path = plan.paths[(number >> 1) % plan.paths.length]!;
  const timer = setTimeout(() => lose(connection, "timeout", connection.received), plan.timeoutMs);
  connection.request = { sentAt: now(), path, timer };
  underWay++;
  connection.socket.write(framing.encode(path, isKept));
}

function open(isKept: boolean): Connection {
  const address = { host: "127.0.0.1", port: plan.port };
  const socket = plan.protocol === "https" ? connectTls({ ...address, ...tls }) : connectTcp(address);
  const connection: Connection = { socket, isKept, received: "", request: undefined };
  connections++;
  socket.setNoDelay().setEncoding("latin1");
  socket.on("data", (chunk: string) => onData(connection, chunk));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    lose(connection, error.code === "ECONNREFUSED" ? "refused" : "reset", error.message);
  });
  socket.on("close", () => lose(connection, "closed", connection.received));
  return connection;
}

function onData(connection: Connection, chunk: string): void {
  connection.received += chunk;
  const response = framing.decode(connection.received);
  if (response === undefined) return;
  const { request } = connection;
  if (request === undefined || !response.isOk) {
    lose(connection, response.isGarbled ? "garbled" : "status", connection.received);
    return;
  }
  const by = plan.identity === "certificate" ? serialNumber(connection.socket as TLSSocket) : response.by;
  finish(connection);
  answers.push([request.sentAt, by]);
  notice(request.sentAt, by);
  reportWhenDone();
  connection.received = "";
  if (connection.isKept && !response.isLast) idle.push(connection);
  else close(connection);
}

/** Ends a connection; a request that waits on it is lost. An idle connection may be closed by the other side. */
function lose(connection: Connection, failure: Failure, detail: string): void {
  const { request } = connection;
  if (request !== undefined) {
    finish(connection);
    lost.push({
      at: request.sentAt,
      afterMs: Math.round(now() - request.sentAt),
      failure,
      connection: connection.isKept ? "kept" : "fresh",
      path: request.path,
      detail: detail.slice(0, 600),
    });
    reportWhenDone();
  }
  close(connection);
}

function finish(connection: Connection): void {
  clearTimeout(connection.request!.timer);
  connection.request = undefined;
  underWay--;
}

function close(connection: Connection): void {
  const index = idle.indexOf(connection);
  if (index >= 0) idle.splice(index, 1);
  connection.socket.destroy();
}

function notice(sentAt: number, by: string): void {
  for (const [watch, wanted] of watches) {
    if (wanted.by !== by || sentAt < wanted.since) continue;
    watches.delete(watch);
    tell({ type: "seen", watch, sentAt });
  }
}

function onMessage(message: ToTraffic): void {
  if (message.type === "watch") {
    watches.set(message.watch, message);
    return;
  }
  clearInterval(ticker);
  isStopping = true;
  reportWhenDone();
}

function reportWhenDone(): void {
  if (!isStopping || underWay > 0) return;
  const durationMs = now() - startedAt;
  const ordered = answers.toSorted(([first], [second]) => first - second);
  const report = { sent, ok: answers.length, heldBack, lost, connections, answers: ordered, durationMs };
  process.send!({ type: "report", report } satisfies FromTraffic, () => process.exit(0));
}

function serialNumber(socket: TLSSocket): string {
  return socket.getPeerCertificate().serialNumber;
}

function tell(message: FromTraffic): void {
  process.send!(message);
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
