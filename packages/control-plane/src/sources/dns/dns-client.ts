import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { formatHostPort, type HostPort } from "../../config/host-port.ts";
import { type DnsAnswer, decodeAnswer, encodeQuestion, type RecordType, TYPE_NUMBERS } from "./message.ts";

/** Settings of {@link createDnsClient}. */
export interface DnsClientOptions {
  /** Asked in this order, the next one when one does not answer. */
  readonly servers: readonly HostPort[];
  /** Time for one server to answer, ms. */
  readonly timeoutMs: number;
}

/** Asks DNS servers, one question at a time. */
export interface DnsClient {
  /**
   * Asks for records of a name; an answer that is truncated over UDP is asked for over TCP.
   *
   * @throws DnsError if no server gave an answer that says whether there are any
   */
  ask(name: string, type: RecordType, signal: AbortSignal): Promise<DnsAnswer>;
}

/** No server answered a question in a way that says whether there are records. */
export class DnsError extends Error {
  override readonly name = "DnsError";
}

/** Answers that say something of the name itself. */
const CONCLUSIVE = new Set(["NOERROR", "NXDOMAIN"]);
/** Answers of servers that do not understand EDNS. */
const NOT_UNDERSTOOD = new Set(["FORMERR", "NOTIMP"]);

/** A client. Each question has a socket of its own, so that its port is as hard to guess as its id. */
export function createDnsClient({ servers, timeoutMs }: DnsClientOptions): DnsClient {
  const askServer = async (server: HostPort, name: string, type: RecordType, signal: AbortSignal) => {
    let last: DnsAnswer | undefined;
    for (const withSize of [true, false]) {
      const id = randomInt(0x1_0000);
      const question = encodeQuestion(id, name, type, withSize);
      const fits = (answer: DnsAnswer) =>
        answer.id === id &&
        (!answer.question ||
          (answer.question.name === name.toLowerCase() && answer.question.type === TYPE_NUMBERS[type]));
      last = await overUdp(server, question, fits, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      if (last.isTruncated) {
        last = await overTcp(server, question, fits, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      }
      if (!NOT_UNDERSTOOD.has(last.rcode)) return last;
    }
    return last!;
  };

  return {
    async ask(name, type, signal) {
      const failures: string[] = [];
      for (const server of servers) {
        try {
          const answer = await askServer(server, name, type, signal);
          if (CONCLUSIVE.has(answer.rcode)) return answer;
          failures.push(`${formatHostPort(server)}: ${answer.rcode}`);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(`${formatHostPort(server)}: ${reasonOf(error, timeoutMs)}`);
        }
      }
      throw new DnsError(failures.join(", "));
    },
  };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  return code ?? message;
}

type Fits = (answer: DnsAnswer) => boolean;

function overUdp(server: HostPort, question: Buffer, fits: Fits, signal: AbortSignal): Promise<DnsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<DnsAnswer>();
  const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4");
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  socket.on("error", reject);
  socket.on("message", (bytes) => {
    const answer = decodeAnswer(bytes);
    if (answer && fits(answer)) resolve(answer); // anything else may be forged: the true one may still come
  });
  // Connected: the system drops what others send.
  socket.connect(server.port, server.host, () => socket.send(question));
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  });
}

function overTcp(server: HostPort, question: Buffer, fits: Fits, signal: AbortSignal): Promise<DnsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<DnsAnswer>();
  const socket = connect({ host: server.host, port: server.port });
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  let received = Buffer.alloc(0);
  socket.on("error", reject);
  socket.on("end", () => reject(new Error("the connection ended before the answer")));
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]); // 64 KiB at most, as its length has two bytes
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const answer = decodeAnswer(received.subarray(2, 2 + received.readUInt16BE(0)));
    if (answer && fits(answer) && !answer.isTruncated) resolve(answer);
    else reject(new Error("not an answer to the question"));
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(question.length);
  socket.write(Buffer.concat([length, question]));
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}
