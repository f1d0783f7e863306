import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { formatAddress } from "../plan/address.ts";
import type { Behaviour } from "../plan/plan.ts";
import { nowMs } from "../run/clock.ts";
import type { PolledContent, RestReader } from "../workload/rest-reader.ts";
import type { Client, Desk } from "./client.ts";
import { type ClientEnd, CODE_OF_CONNECTION } from "./client-end.ts";
import { endOfError } from "./transport/end-of-error.ts";
import type { Endpoint } from "./transport/endpoint.ts";

/** What all pollers of one generator share. */
export interface RestSetting {
  readonly desk: Desk;
  readonly reader: RestReader;
  readonly endpoint: Endpoint;
  /** `/v3/discovery:endpoints` or `/v3/discovery:clusters`. */
  readonly path: string;
  readonly typeUrl: string;
  /** From an answer to the next poll, ms. */
  readonly pollMs: number;
  readonly nodeOf: (client: number) => unknown;
}

/** How one poller differs from others. */
export interface RestClientOptions {
  readonly number: number;
  readonly row: number;
  /** Names that it asks for; none: all there are. */
  readonly names: readonly string[];
  readonly behaviour: Behaviour;
}

/** A poll that takes longer is lost. */
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * An Envoy that polls, over a connection of its own. An answer to a poll acknowledges nothing; the version that the next poll names does,
 * so "acknowledged" is when it was read. `never-ack` names no version, `nack` goes on naming the one before, with why.
 */
export class RestClient implements Client {
  readonly number: number;
  readonly row: number;
  awaited = 0;

  private readonly setting: RestSetting;
  private readonly options: RestClientOptions;
  private agent: HttpAgent | HttpsAgent | undefined;
  private request: ClientRequest | undefined;
  private timer: NodeJS.Timeout | undefined;
  private version = "";
  private isRejecting = false;
  /** The last answer that was entered. */
  private last: PolledContent | undefined;

  constructor(setting: RestSetting, options: RestClientOptions) {
    this.setting = setting;
    this.options = options;
    this.number = options.number;
    this.row = options.row;
  }

  open(): void {
    const { tls } = this.setting.endpoint;
    this.agent = tls
      ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
      : new HttpAgent({ keepAlive: true, maxSockets: 1 });
    this.version = "";
    this.isRejecting = false;
    this.last = undefined;
    this.poll();
  }

  close(): void {
    clearTimeout(this.timer);
    const { request, agent } = this;
    this.request = undefined;
    this.agent = undefined;
    request?.destroy();
    agent?.destroy();
  }

  synced(): void {
    if (this.options.behaviour.kind === "stalled") this.close();
  }

  private poll(): void {
    const { desk, endpoint, path } = this.setting;
    const { host, port, tls } = endpoint;
    const body = this.body();
    this.awaited = 1;
    const request = (tls ? httpsRequest : httpRequest)({
      host,
      port,
      path,
      method: "POST",
      agent: this.agent!,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      timeout: TIMEOUT_MS,
      ...(tls && {
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        servername: tls.serverName,
        rejectUnauthorized: tls.insecure !== true,
      }),
    });
    this.request = request;
    request.once("response", (response) => this.read(request, response));
    request.once("timeout", () => request.destroy(new Error(`no answer to a poll within ${TIMEOUT_MS} ms`)));
    request.once("error", (error: NodeJS.ErrnoException) => {
      const wasKept = request.reusedSocket;
      if (wasKept && error.code === "ECONNRESET" && this.request === request) {
        this.poll(); // the server closed an idle connection just when it was used again
        return;
      }
      const { kind, message } = endOfError(error, endpoint, wasKept);
      this.gone(request, { code: CODE_OF_CONNECTION[kind] ?? "target-refused", message });
    });
    desk.tally.counts.bytesOut += body.length;
    request.end(body);
  }

  private body(): string {
    const { typeUrl, nodeOf } = this.setting;
    const { names, behaviour } = this.options;
    return JSON.stringify({
      ...(this.version !== "" && behaviour.kind !== "never-ack" && { version_info: this.version }),
      node: nodeOf(this.number),
      ...(names.length > 0 && { resource_names: names }),
      type_url: typeUrl,
      ...(this.isRejecting && {
        error_detail: { code: 3, message: "rejected by fairlead bench: this client rejects every change" },
      }),
    });
  }

  private read(request: ClientRequest, response: IncomingMessage): void {
    const parts: Buffer[] = [];
    let size = 0;
    response.on("data", (part: Buffer) => {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) request.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
      else parts.push(part);
    });
    response.once("end", () => {
      if (this.request === request) this.take(request, response.statusCode ?? 0, Buffer.concat(parts, size));
    });
  }

  private take(request: ClientRequest, status: number, bytes: Buffer): void {
    if (status === 200) this.enter(bytes);
    else if (status !== 304) {
      const said = bytes.toString("utf8", 0, 300).trim();
      const hint = status === 404 || status === 405 ? " (does it serve REST on this port?)" : "";
      const message = `${formatAddress(this.setting.endpoint)}: a poll was answered ${status}${hint}: ${said}`;
      this.gone(request, { code: status >= 500 || status === 429 ? "target-refused" : "target-protocol", message });
      return;
    }
    if (this.request !== request) return; // closed, as a stalled client is once it is synced
    this.request = undefined;
    this.timer = setTimeout(() => this.poll(), this.setting.pollMs);
  }

  private enter(bytes: Buffer): void {
    const receivedMs = nowMs();
    const { desk, reader } = this.setting;
    const polled = reader.read(bytes);
    const { content, version } = polled;
    const isSynced = desk.isSynced(this);
    if (polled === this.last) {
      desk.tally.counts.bytesIn += bytes.length; // a server that answers each poll in full: no push
      return;
    }
    this.last = polled;
    desk.enter(this, content, bytes.length, receivedMs);
    const { counts } = desk.tally;
    this.isRejecting = this.options.behaviour.kind === "nack" && isSynced;
    if (this.isRejecting) counts.nacks += 1;
    else if (this.options.behaviour.kind !== "never-ack") {
      this.version = version;
      counts.acks += 1;
      desk.acked();
    }
    if (!isSynced) desk.answered(this);
  }

  private gone(request: ClientRequest, end: ClientEnd): void {
    if (this.request !== request) return;
    this.close();
    this.setting.desk.ended(this, end);
  }
}
