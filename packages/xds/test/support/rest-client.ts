import { type Agent, type IncomingHttpHeaders, request as requestHttp1 } from "node:http";
import { connect } from "node:http2";

/** An answer of the REST part of an xDS server. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body's JSON; without a body: undefined. */
  readonly json: RestJson | undefined;
}

/** A `DiscoveryResponse`, or a problem document. */
export interface RestJson {
  readonly versionInfo?: string;
  readonly typeUrl?: string;
  readonly resources?: readonly ({ readonly "@type": string } & Readonly<Record<string, unknown>>)[];
  readonly controlPlane?: { readonly identifier: string };
  readonly detail?: string;
}

/** What differs from a `POST` of JSON over HTTP/1.1 on a connection of its own. */
export interface RestOptions {
  readonly method?: string;
  readonly contentType?: string;
  readonly agent?: Agent;
  readonly http2?: boolean;
}

/** Sends a request; the body is made to JSON unless it is text. */
export function rest(target: string, path: string, body: unknown, options: RestOptions = {}): Promise<RestAnswer> {
  const { method = "POST", contentType = "application/json" } = options;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return options.http2
    ? overHttp2(target, { ":method": method, ":path": path, "content-type": contentType }, text)
    : overHttp1(target, path, { method, contentType, agent: options.agent }, text);
}

/** Polls as an Envoy does: the version of the last answer goes with the next. */
export class Poller {
  version = "";
  readonly #target: string;
  readonly #path: string;
  readonly #request: object;
  readonly #options: RestOptions;

  constructor(target: string, type: string, request: object = {}, options: RestOptions = {}) {
    this.#target = target;
    this.#path = `/v3/discovery:${type}`;
    this.#request = { node: { id: "n" }, ...request };
    this.#options = options;
  }

  /** The names that came; `"unchanged"`: 304. */
  async poll(): Promise<readonly unknown[] | "unchanged"> {
    const answer = await this.ask();
    if (answer.status === 304) return "unchanged";
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    this.version = answer.json!.versionInfo!;
    return answer.json!.resources!.map(({ name, clusterName }) => name ?? clusterName);
  }

  /** Polls, and takes nothing of the answer. */
  ask(): Promise<RestAnswer> {
    const versionInfo = this.version;
    return rest(this.#target, this.#path, { ...this.#request, ...(versionInfo && { versionInfo }) }, this.#options);
  }
}

/** Polls, and hangs up at the first byte of the answer. */
export function giveUpAnAnswer(target: string, path: string, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const request = requestHttp1(`http://${target}${path}`, { method: "POST", headers, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      response.on("error", () => {}); // it is aborted
      response.on("close", () => resolve());
      response.destroy();
    });
    request.end(JSON.stringify(body));
  });
}

function overHttp1(
  target: string,
  path: string,
  { method, contentType, agent }: { method: string; contentType: string; agent: Agent | undefined },
  text: string,
): Promise<RestAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": contentType, "content-length": Buffer.byteLength(text) };
    const request = requestHttp1(`http://${target}${path}`, { method, headers, agent: agent ?? false });
    request.once("error", reject);
    request.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        body += part;
      });
      response.once("error", reject);
      response.once("end", () => resolve(answerOf(response.statusCode!, response.headers, body)));
    });
    request.end(text);
  });
}

function overHttp2(target: string, headers: Record<string, string>, text: string): Promise<RestAnswer> {
  const session = connect(`http://${target}`);
  return new Promise<RestAnswer>((resolve, reject) => {
    session.once("error", reject);
    const stream = session.request(headers);
    let status = 0;
    let got: IncomingHttpHeaders = {};
    let body = "";
    stream.once("error", reject);
    stream.once("response", (response) => {
      status = response[":status"] ?? 0;
      got = response;
    });
    stream.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    stream.once("end", () => resolve(answerOf(status, got, body)));
    stream.end(text);
  }).finally(() => session.destroy());
}

function answerOf(status: number, headers: IncomingHttpHeaders, text: string): RestAnswer {
  return { status, headers, text, json: text === "" ? undefined : JSON.parse(text) };
}
