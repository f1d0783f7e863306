import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { ProblemDocument } from "../admin/schemas/problem.ts";
import { ERRORS, type ErrorCode, FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import { inFlags } from "./in-flags.ts";

/** Answers of the admin API are this big at most, in pages; a longer wait than that is a dead server. */
const TIMEOUT_MS = 30_000;

/** What is sent may be large, and is looked at as a whole. */
const UPLOAD_TIMEOUT_MS = 300_000;

/** Reads and changes by the admin API of a running control plane. */
export interface AdminClient {
  readonly url: string;
  /**
   * GETs a path with a query and returns the JSON.
   *
   * @throws FairleadError `admin-unreachable`; else with the problem's own code, words, faults and members
   */
  get<T>(path: string, query?: Query): Promise<T>;
  /**
   * Sends a body by a method and returns the JSON.
   *
   * @throws FairleadError as {@link AdminClient.get} does
   */
  send<T>(method: "PUT" | "PATCH" | "DELETE" | "POST", path: string, request: WriteRequest): Promise<T>;
  /** GETs a path and returns the response when its head is there, to be read for as long as it takes. */
  open(path: string, query?: Query, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /**
   * GETs what the server takes so long for, beyond the time for any answer, and returns its bytes.
   *
   * @throws FairleadError as {@link AdminClient.get} does
   */
  download(path: string, query: Query, takesMs: number): Promise<Uint8Array>;
  /**
   * POSTs bytes, which may take the server long, and returns the JSON.
   *
   * @throws FairleadError as {@link AdminClient.get} does
   */
  upload<T>(path: string, query: Query, bytes: { readonly type: string; readonly content: Uint8Array }): Promise<T>;
  /** GETs every page of a list. */
  getAll<T>(path: string, list: string, query?: Query): Promise<T[]>;
}

/** What a write consists of. */
export interface WriteRequest {
  /** `undefined`: none. */
  readonly body: unknown;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
}

type Query = { readonly [name: string]: string | undefined };

/** A client for the admin API at that URL; `HOST:PORT` is taken too. */
export function createAdminClient(address: string): AdminClient {
  const url = readUrl(address);
  const urlOf = (path: string, query: Query) => new URL(`${path}?${search(query)}`, url);
  const client: AdminClient = {
    url: url.href,
    async get<T>(path: string, query: Query = {}): Promise<T> {
      const url = urlOf(path, query);
      return (await readAnswer(await request(url), url)) as T;
    },
    async send<T>(method: string, path: string, { body, query = {}, headers }: WriteRequest): Promise<T> {
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const init = {
        method,
        headers: { ...type, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      };
      const url = urlOf(path, query);
      return (await readAnswer(await request(url, init), url)) as T;
    },
    async open(path, query = {}, headers = {}) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new Error("timeout")), TIMEOUT_MS);
      try {
        const url = urlOf(path, query);
        const response = await request(url, { headers, signal: late.signal });
        if (!response.ok) await readAnswer(response, url);
        return response;
      } finally {
        clearTimeout(timer);
      }
    },
    async download(path, query, takesMs) {
      const url = urlOf(path, query);
      const response = await requestSlow(url, takesMs + TIMEOUT_MS);
      if (!response.ok) await readAnswer(response, url);
      return await response.bytes();
    },
    async upload<T>(path: string, query: Query, { type, content }: { type: string; content: Uint8Array }): Promise<T> {
      const url = urlOf(path, query);
      const signal = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
      const body = content as Uint8Array<ArrayBuffer>;
      return (await readAnswer(
        await request(url, { method: "POST", headers: { "content-type": type }, body, signal }),
        url,
      )) as T;
    },
    async getAll<T>(path: string, list: string, query: Query = {}): Promise<T[]> {
      const all: T[] = [];
      let after: string | undefined;
      do {
        const page: { [list: string]: T[] } & { next?: string } = await client.get(path, { ...query, after });
        all.push(...(page[list] ?? []));
        after = page.next;
      } while (after !== undefined);
      return all;
    },
  };
  return client;
}

function readUrl(address: string): URL {
  const text = address.includes("://") ? address : `http://${address}`;
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw new FairleadError("usage", `${JSON.stringify(address)} is no URL: --admin http://127.0.0.1:18001`);
}

function search(query: Query): string {
  return new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString();
}

async function request(url: URL, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

/** By another client than `fetch`, which waits 300 s for an answer and no longer. */
async function requestSlow(url: URL, timeoutMs: number): Promise<Response> {
  const { get } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  try {
    const request = get(url, { signal: AbortSignal.timeout(timeoutMs) });
    request.on("error", () => {}); // what it means is told by what is waited for
    const [message] = (await once(request, "response")) as [IncomingMessage];
    return new Response(await buffer(message), { status: message.statusCode ?? 500 });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable({ origin }: URL, cause: unknown): FairleadError {
  return new FairleadError(
    "admin-unreachable",
    `no answer from the admin API at ${origin} (${reasonOf(cause)}): is \`fairlead serve\` running? ` +
      "Another address is given by --admin or FAIRLEAD_ADMIN",
    { cause },
  );
}

/** `fetch` hides what happened one level down. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? (error as Error).message;
}

async function readAnswer(response: Response, url: URL): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(url, cause); // it went away, or stuck, in the middle
  });
  let answer: Partial<ProblemDocument> | undefined;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new FairleadError(
      "admin-refused",
      `${url.href} answers ${response.status} and no JSON: is it Fairlead's admin API?`,
    );
  }
  if (response.ok) return answer;
  const { code = "", detail = `${url.pathname}: ${response.status}`, faults = [], ...members } = answer ?? {};
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "admin-refused";
  const asFlag = known === "request-invalid" ? inFlags(detail) : undefined;
  if (asFlag !== undefined) throw new FairleadError("usage", asFlag, { members });
  throw new FairleadError(known, detail, { faults: faults as Fault[], members });
}
