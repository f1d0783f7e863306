import { TYPE_URLS } from "@fairlead/envoy-api";
import { XdsError } from "../errors.ts";
import { StatusCode, statusName } from "../grpc/status.ts";
import type { Mode } from "../protocol/plan.ts";
import type { GrpcStatus } from "../server/transport.ts";
import { type DeltaRequestToWrite, writeDeltaDiscoveryRequest } from "../wire/delta-request.ts";
import { encodeNode, type NodeToEncode } from "../wire/node.ts";
import { type SotwRequestToWrite, writeDiscoveryRequest } from "../wire/sotw-request.ts";
import type { ErrorDetail } from "../wire/status.ts";
import { WireError } from "../wire/wire-error.ts";
import { type Channel, type ChannelOptions, openChannel } from "./channel.ts";
import { receiveDelta, receiveSotw, type XdsResponse } from "./response.ts";
import { adsPath, servicePath } from "./services.ts";
import type { ClientCall } from "./transport/call.ts";

/** Options of {@link openRawStream}. */
export interface RawStreamOptions extends ChannelOptions {
  readonly mode: Mode;
  /** The node of the first request; `undefined`: none is sent. */
  readonly node?: NodeToEncode | undefined;
  /** Whose own service to call; left out: ADS. */
  readonly typeUrl?: string;
  /** Opens the stream on a connection that is there already, and which outlives it. */
  readonly channel?: Channel;
  /** Longest wait for a response, ms. Default: 10,000. */
  readonly timeoutMs?: number;
  /** The type that {@link RawXdsStream.expectNothing} uses; must not be used otherwise. Default: scoped routes. */
  readonly barrierTypeUrl?: string;
  /** Told of every request sent and every response received, in their order: for transcripts. */
  readonly onTraffic?: (traffic: RawTraffic) => void;
}

/** What went over a raw stream. */
export type RawTraffic =
  | { readonly kind: "sotw-request"; readonly request: SotwRequestToWrite }
  | { readonly kind: "delta-request"; readonly request: DeltaRequestToWrite }
  | { readonly kind: "response"; readonly response: XdsResponse }
  | { readonly kind: "end"; readonly status: GrpcStatus };

/** Which response is awaited: one of that type, or one that fits. */
export type Expectation = string | ((response: XdsResponse) => boolean);

/** Opens a stream. */
export function openRawStream(options: RawStreamOptions): RawXdsStream {
  return new RawXdsStream(options);
}

/**
 * One stream in the hands of its user, who sends what he likes: for tests of servers, and for diagnosis. It remembers
 * names, versions and nonces, so that usual requests are short to write; it never answers by itself and never reconnects.
 */
export class RawXdsStream {
  /** How the stream ended. */
  readonly ended: Promise<GrpcStatus>;
  private readonly options: RawStreamOptions;
  private readonly channel: Channel;
  private readonly call: ClientCall;
  private readonly unread: XdsResponse[] = [];
  private readonly waiting = new Set<() => void>();
  /** SotW only: what the last request of each type said. */
  private readonly stateByType = new Map<string, { names: readonly string[]; version: string; nonce: string }>();
  private status: GrpcStatus | undefined;
  private isNodeDue: boolean;
  private barriers = 0;

  constructor(options: RawStreamOptions) {
    const { mode, typeUrl } = options;
    const path = typeUrl === undefined ? adsPath(mode) : servicePath(typeUrl, mode);
    if (path === undefined) throw new XdsError("no-service", `${typeUrl} has no ${mode} service of its own`);
    this.options = options;
    this.isNodeDue = options.node !== undefined;
    this.channel = options.channel ?? openChannel(options);
    const { promise, resolve } = Promise.withResolvers<GrpcStatus>();
    this.ended = promise;
    this.call = this.channel.call(path, {
      onMessage: (message) => this.onMessage(message),
      onEnd: (status) => {
        this.status ??= status;
        options.onTraffic?.({ kind: "end", status: this.status });
        resolve(this.status);
        this.wake();
      },
    });
  }

  /** How the stream ended; `undefined`: it is open. */
  get end(): GrpcStatus | undefined {
    return this.status;
  }

  /** Responses that came and were not awaited yet. */
  get pending(): readonly XdsResponse[] {
    return this.unread;
  }

  /** Takes all responses that came and were not awaited. */
  drain(): XdsResponse[] {
    return this.unread.splice(0);
  }

  /** Sends a SotW request as it is, but for the node, which the first one gets. */
  sendSotw(request: SotwRequestToWrite): void {
    this.options.onTraffic?.({ kind: "sotw-request", request });
    this.call.send(writeDiscoveryRequest({ node: this.takeNode(), ...request }));
  }

  /** Sends a delta request as it is, but for the node, which the first one gets. */
  sendDelta(request: DeltaRequestToWrite): void {
    this.options.onTraffic?.({ kind: "delta-request", request });
    this.call.send(writeDeltaDiscoveryRequest({ node: this.takeNode(), ...request }));
  }

  /** Sends bytes as one message. */
  sendBytes(message: Uint8Array): void {
    this.call.send(message);
  }

  /** Subscribes: in SotW `names` are all from now on, in delta they are added. No names: the legacy wildcard, at first. */
  subscribe(typeUrl: string, names: readonly string[] = []): void {
    if (this.options.mode === "delta") this.sendDelta({ typeUrl, subscribe: names });
    else this.request(typeUrl, { names });
  }

  /** Unsubscribes, in delta; in SotW subscribe to the rest instead. */
  unsubscribe(typeUrl: string, names: readonly string[]): void {
    this.sendDelta({ typeUrl, unsubscribe: names });
  }

  /** Acknowledges a response. */
  ack(response: XdsResponse): void {
    const { typeUrl, nonce, version } = response;
    if (this.options.mode === "delta") this.sendDelta({ typeUrl, nonce });
    else this.request(typeUrl, { nonce, version });
  }

  /** Rejects a response. */
  nack(response: XdsResponse, message: string): void {
    const { typeUrl, nonce } = response;
    const errorDetail = { code: 3, message };
    if (this.options.mode === "delta") this.sendDelta({ typeUrl, nonce, errorDetail });
    else this.request(typeUrl, { nonce }, errorDetail);
  }

  /**
   * The first response that fits and was not awaited before; others stay for later.
   * @param timeoutMs longest wait for it, ms; default: the stream's own
   * @throws XdsError `stream-ended` or `no-response`, saying what came instead
   */
  async next(expectation: Expectation = () => true, timeoutMs = this.timeoutMs): Promise<XdsResponse> {
    const fits = typeof expectation === "string" ? ofType(expectation) : expectation;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const index = this.unread.findIndex(fits);
      if (index >= 0) return this.unread.splice(index, 1)[0]!;
      if (this.status) throw new XdsError("stream-ended", `the stream ended with ${describeStatus(this.status)}`);
      if (!(await this.isWoken(deadline)))
        throw new XdsError("no-response", this.describeSilence(expectation, timeoutMs));
    }
  }

  /** Awaits a response and acknowledges it. */
  async nextAcked(expectation?: Expectation): Promise<XdsResponse> {
    const response = await this.next(expectation);
    this.ack(response);
    return response;
  }

  /**
   * Resolves once the server has provably nothing more to say to what was sent so far: two round trips for a name that
   * does not exist stand behind it. Needs ADS or delta.
   * @throws XdsError `unexpected-response` if a response came that was not awaited
   */
  async expectNothing(): Promise<void> {
    const { mode, typeUrl: own, barrierTypeUrl = TYPE_URLS.scopedRoutes } = this.options;
    if (own !== undefined && mode === "sotw")
      throw new XdsError("no-service", "a SotW stream of one type has no barrier: use finish()");
    const typeUrl = own ?? barrierTypeUrl;
    for (let round = 0; round < 2; round++) {
      const name = `barrier-${++this.barriers}`;
      const isAnswer = (response: XdsResponse) => mode === "sotw" || response.removed.includes(name);
      this.subscribe(typeUrl, [name]);
      const answer = await this.nextAcked((response) => response.typeUrl === typeUrl && isAnswer(response));
      if (answer.resources.length > 0 || answer.removed.length > 1) throw unexpected(answer);
      if (mode === "delta") this.unsubscribe(typeUrl, [name]);
    }
    this.refuseUnread();
  }

  /** Half-closes, and awaits the end. @throws XdsError `unexpected-response` if a response came that was not awaited */
  async finish(): Promise<GrpcStatus> {
    this.call.end();
    const status = await this.ended;
    this.refuseUnread();
    return status;
  }

  /** Stops reading, so that the server's writes back up. */
  pause(): void {
    this.call.pause();
  }

  /** Reads on. */
  resume(): void {
    this.call.resume();
  }

  /** Resets the stream, and ends the connection if it is the stream's own. */
  async close(): Promise<void> {
    this.call.cancel();
    if (!this.options.channel) await this.channel.close();
  }

  private onMessage(message: Uint8Array): void {
    try {
      const response = this.options.mode === "sotw" ? receiveSotw(message) : receiveDelta(message);
      this.options.onTraffic?.({ kind: "response", response });
      this.unread.push(response);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.status = { code: StatusCode.INTERNAL, message: `the server sent what is ${error.message}` };
      this.call.cancel();
    }
    this.wake();
  }

  private get timeoutMs(): number {
    return this.options.timeoutMs ?? 10_000;
  }

  private request(
    typeUrl: string,
    said: { names?: readonly string[]; version?: string; nonce?: string },
    errorDetail?: ErrorDetail,
  ): void {
    const before = this.stateByType.get(typeUrl) ?? { names: [], version: "", nonce: "" };
    const state = { ...before, ...said };
    this.stateByType.set(typeUrl, state);
    const { names: resourceNames, version: versionInfo, nonce } = state;
    this.sendSotw({ typeUrl, resourceNames, versionInfo, nonce, errorDetail });
  }

  private takeNode(): Uint8Array | undefined {
    const { node } = this.options;
    if (!this.isNodeDue || !node) return undefined;
    this.isNodeDue = false;
    return encodeNode(node);
  }

  private refuseUnread(): void {
    const [response] = this.unread;
    if (response) throw unexpected(response);
  }

  private wake(): void {
    for (const resume of this.waiting) resume();
  }

  /** Whether something happened before the deadline. */
  private async isWoken(deadline: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), Math.max(0, deadline - Date.now()));
    const resume = () => resolve(true);
    this.waiting.add(resume);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(resume);
    }
  }

  private describeSilence(expectation: Expectation, timeoutMs: number): string {
    const awaited = typeof expectation === "string" ? `response of type ${expectation}` : "fitting response";
    const others = this.unread.map(describe).join("; ") || "nothing";
    return `no ${awaited} within ${timeoutMs} ms; what came instead: ${others}`;
  }
}

function ofType(typeUrl: string): (response: XdsResponse) => boolean {
  return (response) => response.typeUrl === typeUrl;
}

function unexpected(response: XdsResponse): XdsError {
  return new XdsError("unexpected-response", `nothing was expected, but there came ${describe(response)}`);
}

function describe(response: XdsResponse): string {
  const names = response.resources.map(({ name, version }) => `${name}@${version}`);
  const removed = response.removed.map((name) => `-${name}`);
  return `${response.typeUrl} version ${response.version} nonce ${response.nonce} [${[...names, ...removed].join(" ")}]`;
}

function describeStatus({ code, message }: GrpcStatus): string {
  return message === "" ? statusName(code) : `${statusName(code)}: ${message}`;
}
