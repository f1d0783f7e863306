import { StatusCode } from "../grpc/status.ts";
import type { GrpcStatus } from "../server/transport.ts";
import { WireError } from "../wire/wire-error.ts";
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import type { Channel } from "./channel.ts";
import type { XdsResponse } from "./response.ts";
import type { Topic } from "./topic.ts";
import type { ClientCall } from "./transport/call.ts";

/** How a stream of the client is doing. */
export type StreamStatus =
  /** Nothing is wanted yet. */
  | { readonly kind: "idle" }
  /**
   * Asked, and no response has come yet. `failures`: attempts that failed since the last response. Told again when the
   * connection is up: a delta server that knows of nothing new says nothing more.
   */
  | { readonly kind: "connecting"; readonly failures: number; readonly isConnected: boolean }
  /** Responses come. */
  | { readonly kind: "open" }
  /** The stream ended; the next attempt comes in `delayMs`. */
  | { readonly kind: "waiting"; readonly status: GrpcStatus; readonly failures: number; readonly delayMs: number }
  /** The client was closed. */
  | { readonly kind: "closed" };

/** What a stream needs. */
export interface StreamOptions {
  readonly channel: Channel;
  readonly path: string;
  /** The encoded node, for the first request. */
  readonly node: Uint8Array;
  readonly receive: (bytes: Uint8Array) => XdsResponse;
  readonly backoff: BackoffOptions;
  readonly onStatus: (status: StreamStatus) => void;
}

type State =
  | { readonly kind: "idle" | "closed" }
  | { readonly kind: "connecting" | "open"; readonly call: ClientCall; hasSentNode: boolean }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout };

const IDLE = { kind: "idle" } as const;

/** One stream, made anew whenever it ends, and the types that it carries. */
export class XdsStream {
  private readonly options: StreamOptions;
  private readonly topics = new Map<string, Topic>();
  private state: State = IDLE;
  private failures = 0;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  /** Lets the stream carry a type. */
  carry(topic: Topic): void {
    this.topics.set(topic.subscription.typeUrl, topic);
  }

  /** Tells the server what has changed in what is wanted; opens the stream if need be. */
  ask(): void {
    const { state } = this;
    if (state.kind === "idle") this.open();
    if (state.kind === "connecting" || state.kind === "open") this.askOn(state);
  }

  private askOn(state: Extract<State, { kind: "connecting" | "open" }>): void {
    for (const { subscription } of this.topics.values()) {
      const request = subscription.ask(state.hasSentNode ? undefined : this.options.node);
      if (!request) continue;
      state.hasSentNode = true;
      state.call.send(request);
    }
  }

  /** Ends the stream for good. */
  close(): void {
    const { state } = this;
    this.enter({ kind: "closed" }, { kind: "closed" });
    if (state.kind === "waiting") clearTimeout(state.timer);
    if (state.kind === "connecting" || state.kind === "open") state.call.cancel();
  }

  private open(): void {
    if (![...this.topics.values()].some((topic) => topic.isWatched)) {
      this.enter(IDLE, IDLE);
      return;
    }
    const call: ClientCall = this.options.channel.call(this.options.path, {
      onMessage: (message) => this.onMessage(call, message),
      onEnd: (status) => this.onEnd(call, status),
      onConnected: () => this.onConnected(call),
    });
    const { failures } = this;
    const connecting = { kind: "connecting", failures, isConnected: false } as const;
    this.enter({ kind: "connecting", call, hasSentNode: false }, connecting);
    this.ask();
  }

  private onMessage(call: ClientCall, message: Uint8Array): void {
    if (!this.isCurrent(call)) return;
    const response = this.read(call, message);
    if (!response) return;
    this.onResponding();
    const topic = this.topics.get(response.typeUrl);
    if (!topic) return; // never asked for: not answered, as in Envoy
    const { answer, tell } = topic.receive(response);
    call.send(answer);
    tell();
  }

  private read(call: ClientCall, message: Uint8Array): XdsResponse | undefined {
    try {
      return this.options.receive(message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      call.cancel();
      this.onEnd(call, { code: StatusCode.INTERNAL, message: `the server sent what is ${error.message}` });
      return undefined;
    }
  }

  private onConnected(call: ClientCall): void {
    if (!this.isCurrent(call) || this.state.kind !== "connecting") return;
    this.options.onStatus({ kind: "connecting", failures: this.failures, isConnected: true });
  }

  private onResponding(): void {
    const { state } = this;
    if (state.kind !== "connecting") return;
    this.failures = 0;
    this.enter({ ...state, kind: "open" }, { kind: "open" });
  }

  private onEnd(call: ClientCall, status: GrpcStatus): void {
    if (!this.isCurrent(call)) return;
    for (const { subscription } of this.topics.values()) subscription.disconnect();
    this.failures++;
    const delayMs = backoffMs(this.failures, this.options.backoff);
    const timer = setTimeout(() => this.open(), delayMs);
    this.enter({ kind: "waiting", timer }, { kind: "waiting", status, failures: this.failures, delayMs });
  }

  private isCurrent(call: ClientCall): boolean {
    return "call" in this.state && this.state.call === call;
  }

  private enter(state: State, status: StreamStatus): void {
    this.state = state;
    this.options.onStatus(status);
  }
}
