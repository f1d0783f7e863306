import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { encodeName } from "../../src/sources/dns/message.ts";

/** What a name has, by `name TYPE`: records as a zone file writes them, or how to fail. */
export type Zone = Map<string, readonly string[] | "NXDOMAIN" | "SERVFAIL" | "silence">;

/** An authoritative DNS server on a port of its own, over UDP and TCP. */
export interface DnsServer {
  readonly port: number;
  readonly zone: Zone;
  /** Questions answered, oldest first: `udp payments A`. */
  readonly asked: string[];
  /** Seconds that answers may be kept. */
  ttl: number;
  /** Longest answer over UDP, bytes; a longer one is truncated. */
  maxUdpBytes: number;
}

const TYPES: Readonly<Record<number, string>> = { 1: "A", 5: "CNAME", 28: "AAAA", 33: "SRV" };
const NUMBERS: Readonly<Record<string, number>> = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 };

/** Starts one; it ends with the test. */
export async function startDnsServer(
  t: TestContext,
  records: Readonly<Record<string, readonly string[]>>,
): Promise<DnsServer> {
  const server = {
    port: 0,
    zone: new Map(Object.entries(records)) as Zone,
    asked: [] as string[],
    ttl: 0,
    maxUdpBytes: 1_232,
  };
  const udp = createSocket("udp4");
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const answer = answerTo(server, bytes.subarray(2), "tcp");
      if (!answer) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(length); // in two pieces, as a network may
      socket.write(answer);
    });
  });
  udp.on("message", (bytes, from) => {
    const answer = answerTo(server, bytes, "udp");
    if (!answer) return;
    if (answer.length <= server.maxUdpBytes) return udp.send(answer, from.port, from.address);
    const cut = Buffer.from(answer.subarray(0, 12 + (bytes.indexOf(0, 12) - 12) + 5));
    cut.writeUInt16BE(cut.readUInt16BE(2) | 0x0200, 2);
    cut.fill(0, 6, 12);
    udp.send(cut, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
  server.port = udp.address().port;
  await new Promise<void>((resolve) => tcp.listen(server.port, "127.0.0.1", resolve));
  t.after(() => {
    udp.close();
    tcp.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

function answerTo(server: DnsServer, question: Buffer, way: string): Buffer | undefined {
  const end = question.indexOf(0, 12) + 5;
  const labels: string[] = [];
  for (let at = 12; question[at] !== 0; at += 1 + question[at]!) {
    labels.push(question.toString("latin1", at + 1, at + 1 + question[at]!));
  }
  const name = labels.join(".");
  const type = TYPES[question.readUInt16BE(end - 4)] ?? "?";
  server.asked.push(`${way} ${name} ${type}`);
  const found = server.zone.get(`${name} ${type}`);
  if (found === "silence") return undefined;
  const alias = server.zone.get(`${name} CNAME`);
  const rcode = found === "SERVFAIL" ? 2 : found === "NXDOMAIN" || !exists(server.zone, name) ? 3 : 0;
  const answers = [
    ...(Array.isArray(alias) ? alias.map((target) => record(0, "CNAME", target, server.ttl)) : []),
    ...(Array.isArray(found) ? found.map((text) => record(0, type, text, server.ttl)) : []),
  ];
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8480 | rcode, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  return Buffer.concat([head, question.subarray(12, end), ...answers]);
}

function exists(zone: Zone, name: string): boolean {
  return [...zone.keys()].some((key) => key.startsWith(`${name} `));
}

/** A record of the name in the question. */
function record(_owner: 0, type: string, text: string, ttl: number): Buffer {
  const content = contentOf(type, text);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // "as in the question": compressed
  head.writeUInt16BE(NUMBERS[type]!, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(content.length, 10);
  return Buffer.concat([head, content]);
}

function contentOf(type: string, text: string): Buffer {
  if (type === "A") return Buffer.from(text.split(".").map(Number));
  if (type === "CNAME") return encodeName(text);
  if (type === "AAAA") {
    const [head = "", tail = ""] = text.split("::");
    const groups = (part: string) => part.split(":").filter((group) => group !== "");
    const zeros = Array(8 - groups(head).length - groups(tail).length).fill("0");
    const all = [...groups(head), ...zeros, ...groups(tail)].map((group) => Number.parseInt(group, 16));
    return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
  }
  const [priority, weight, port, target] = text.split(" ");
  const numbers = Buffer.alloc(6);
  [priority, weight, port].forEach((value, index) => void numbers.writeUInt16BE(Number(value), 2 * index));
  return Buffer.concat([numbers, encodeName(target!)]);
}
