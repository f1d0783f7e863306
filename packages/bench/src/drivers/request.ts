import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { BenchError } from "../errors.ts";

/** One request of a driver. */
export interface DriverRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** What stands for the answer where the server has no such thing (404). Left out: that is a failure like any other. */
  readonly ifAbsent?: string;
}

/** Sends requests over kept connections. */
export interface Requests {
  /**
   * Resolves to the answer's text.
   *
   * @throws BenchError `driver-failed`, with URL, status and the answer's beginning, where the status is none of 200 to 299
   */
  send(request: DriverRequest): Promise<string>;
  close(): void;
}

/** A change that takes longer was lost. */
const TIMEOUT_MS = 30_000;
/** The beginning of an answer that is told, characters. */
const MAX_QUOTED = 300;
/** The most that is read of an answer, bytes. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** Requests, `atOnce` of them at a time, by a connection each that is kept. */
export function openRequests(atOnce: number): Requests {
  const agents = { "http:": agentOf(HttpAgent, atOnce), "https:": agentOf(HttpsAgent, atOnce) };

  const exchange = ({ method, url, headers = {}, body }: DriverRequest): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const target = new URL(url);
    const isSecure = target.protocol === "https:";
    const content =
      body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = (isSecure ? httpsRequest : httpRequest)(target, {
      method,
      headers: { ...content, ...headers },
      agent: isSecure ? agents["https:"] : agents["http:"],
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    request.once("response", (response) => readAnswer(response).then(resolve, reject));
    request.once("error", (error) => reject(Object.assign(error, { isStale: request.reusedSocket })));
    request.end(body);
    return promise;
  };
  return {
    async send(request) {
      const { method, url, ifAbsent } = request;
      const { status, text } = await exchange(request)
        .catch((error: NodeJS.ErrnoException & { isStale?: boolean }) => {
          // The server closed a kept connection just when it was used again: nothing was read of the request.
          if (error.isStale && error.code === "ECONNRESET") return exchange(request);
          throw error;
        })
        .catch((cause: NodeJS.ErrnoException) => {
          const why = cause.name === "TimeoutError" ? `within ${TIMEOUT_MS / 1_000} s` : `(${reasonOf(cause)})`;
          const mend = "is the driver's address right, and does the server listen there?";
          throw new BenchError("driver-failed", `${method} ${url}: no answer ${why}: ${mend}`, { cause });
        });
      if (status >= 200 && status < 300) return text;
      if (status === 404 && ifAbsent !== undefined) return ifAbsent;
      throw new BenchError("driver-failed", `${method} ${url} was answered ${status}: ${briefly(text)}`);
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function agentOf<T extends HttpAgent>(
  kind: new (options: { keepAlive: boolean; maxSockets: number }) => T,
  atOnce: number,
): T {
  return new kind({ keepAlive: true, maxSockets: atOnce });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") };
}

/** Of a problem document (RFC 9457) its title and detail, else the beginning. */
function briefly(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { readonly title?: unknown; readonly detail?: unknown };
    const parts = [title, detail].filter((part) => typeof part === "string" && part !== "");
    if (parts.length > 0) return parts.join(": ").slice(0, MAX_QUOTED);
  } catch {
    // No JSON: told as it is.
  }
  return text.slice(0, MAX_QUOTED);
}

/** With several addresses to try, Node's error has the reasons below. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [];
  return first?.code ?? error.code ?? error.message;
}
