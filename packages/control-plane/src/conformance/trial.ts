import {
  type CallHandlers,
  type Channel,
  type GrpcStatus,
  type Mode,
  type NodeToEncode,
  type OpenCallOptions,
  openCall,
  openChannel,
  openRawStream,
} from "@fairlead/xds";
import type { Case, Try, Variant } from "./case.ts";
import { describeStatus, describeTraffic, describeType, namesIn } from "./describe.ts";
import { Dialogue } from "./dialogue.ts";
import type { Driver } from "./drivers/driver.ts";
import { FENCES } from "./fence.ts";
import { Mismatch, Unsupported } from "./mismatch.ts";
import type { TargetOptions, Timings } from "./options.ts";
import { type PollAnswer, poll } from "./poll.ts";
import type { ResourceJson } from "./resources.ts";

/** What a trial is made with. */
export interface TrialOptions extends TargetOptions {
  readonly driver: Driver;
  /** A name that no other trial has. */
  readonly node: string;
  /** Types whose fence this server answers. */
  readonly fences: readonly string[];
}

/** How a stream is opened otherwise than usual. */
export interface OpenOptions {
  /** What the client says of itself; `undefined`: nothing. Default: the trial's node. */
  readonly node?: NodeToEncode | undefined;
  /** Further facts of the trial's node. */
  readonly features?: readonly string[];
  readonly userAgent?: string;
  /** A connection to share; default: one of its own. */
  readonly channel?: Channel;
  /** Instead of the variant's. */
  readonly mode?: Mode;
}

/** The end of a call, and what came before. */
export interface CallEnd {
  readonly status: GrpcStatus;
  readonly messages: readonly Uint8Array[];
}

/** How a raw call is made. */
export type CallOptions = Omit<OpenCallOptions, "target" | "tls"> & {
  /** Sent one after the other, not framed. */
  readonly send?: readonly Uint8Array[];
  /** Whether to half-close behind them. Default: no. */
  readonly ends?: boolean;
  /** Whether the call may still be open when the time is up; it is cancelled then. */
  readonly mayGoOn?: boolean;
  /** Resolves with the first message too, and cancels the call. */
  readonly untilMessage?: boolean;
  /** A connection to share; default: one of its own. Such a call has no metadata and no encoding. */
  readonly channel?: Channel;
};

/** One case in one variant, against one server: its node, its streams, and what was said. */
export class Trial {
  readonly case: Case;
  readonly variant: Variant;
  /** The node's id, cluster and, where there are any, group: this trial's alone. */
  readonly node: string;
  readonly mode: Mode;
  /** Whether {@link open} opens ADS. */
  readonly isAggregated: boolean;
  readonly timings: Timings;
  /** What was said, a line each, for `--verbose`. */
  readonly transcript: string[] = [];
  private readonly options: TrialOptions;
  private readonly streams: { close(): Promise<void> }[] = [];
  private readonly nodes = new Set<string>();
  private readonly givenTypes = new Set<string>();
  private readonly startedMs = performance.now();
  private version = 0;

  constructor({ case: one, variant }: Try, options: TrialOptions) {
    this.case = one;
    this.variant = variant;
    this.options = options;
    this.node = options.node;
    this.timings = options.timings;
    this.mode = variant.endsWith("delta") ? "delta" : "sotw";
    this.isAggregated = !variant.startsWith("own");
  }

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  get target(): string {
    return this.options.target;
  }

  get isTls(): boolean {
    return this.options.tls !== undefined;
  }

  /** The node is served these resources from now on, beside the fences; all of them, and at once. */
  async given(...resources: readonly ResourceJson[]): Promise<void> {
    await this.givenTo(this.node, resources);
  }

  /** Another node of this trial. */
  other(name: string): string {
    return `${this.node}-${name}`;
  }

  /** A node of this trial is served these resources. */
  async givenTo(node: string, resources: readonly ResourceJson[]): Promise<void> {
    this.nodes.add(node);
    const types = new Set(resources.map((resource) => resource["@type"]));
    for (const type of types) this.givenTypes.add(type);
    const fences = [...FENCES].filter(([type]) => this.options.fences.includes(type)).map(([, fence]) => fence);
    this.say(
      `given ${[...types].map((type) => describeType(type)).join(", ") || "nothing"}: ${named(resources)}`,
      node,
    );
    await this.options.driver.set({
      node,
      version: `${++this.version}`,
      resources: [...resources, ...fences.filter((fence) => !types.has(fence["@type"]))],
    });
  }

  /** Nothing is said of the node any more. */
  async forget(): Promise<void> {
    this.say("forgotten", this.node);
    if (!(await this.options.driver.forget(this.node))) throw new Unsupported("the driver can't forget a node");
  }

  /** Opens a stream of the variant: ADS, or of that type. */
  open(typeUrl: string, options: OpenOptions = {}): Dialogue {
    const { features, userAgent, channel, mode = this.mode } = options;
    const own = { id: this.node, cluster: this.node, ...(features && { clientFeatures: features }) };
    const node = "node" in options ? options.node : own;
    const label = this.streams.length === 0 ? "" : `s${this.streams.length + 1} `;
    const raw = openRawStream({
      target: this.options.target,
      ...(this.options.tls && { tls: this.options.tls }),
      mode,
      node,
      timeoutMs: this.options.timeoutMs,
      ...(!this.isAggregated && { typeUrl }),
      ...(userAgent !== undefined && { userAgent }),
      ...(channel && { channel }),
      onTraffic: (traffic) => this.say(label + describeTraffic(traffic)),
    });
    this.streams.push(raw);
    return new Dialogue(raw, {
      mode,
      typeUrl: this.isAggregated ? undefined : typeUrl,
      fences: () => this.options.fences.filter((type) => !this.givenTypes.has(type)),
      quietMs: this.options.quietMs,
      timeoutMs: this.options.timeoutMs,
    });
  }

  /** A connection for several streams. */
  connect(): Channel {
    const channel = openChannel({ target: this.options.target, ...(this.options.tls && { tls: this.options.tls }) });
    this.streams.push(channel);
    return channel;
  }

  /** Makes a call by hand and awaits its end. */
  async call(options: CallOptions): Promise<CallEnd> {
    const { send = [], ends = false, untilMessage = false, mayGoOn = false, channel, ...rest } = options;
    this.say(`call ${rest.path} ${JSON.stringify(rest.metadata ?? {})}, ${send.length} messages`);
    const messages: Uint8Array[] = [];
    const { promise, resolve } = Promise.withResolvers<GrpcStatus>();
    const handlers: CallHandlers = {
      onMessage(message) {
        messages.push(message);
        if (untilMessage) call.cancel();
      },
      onEnd: resolve,
    };
    const to = { target: this.options.target, ...(this.options.tls && { tls: this.options.tls }) };
    const call = channel?.call(rest.path, handlers) ?? openCall({ ...to, ...rest }, handlers);
    this.streams.push({ close: async () => call.cancel() });
    for (const message of send) call.send(message);
    if (ends) call.end();
    const { timeoutMs } = this.options;
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      call.cancel();
    }, timeoutMs);
    const status = await promise;
    clearTimeout(timer);
    if (!mayGoOn && isOverdue && messages.length === 0) {
      throw new Mismatch("the call to end", `nothing within ${timeoutMs} ms`);
    }
    this.say(`call ended: ${messages.length} messages, ${describeStatus(status)}`);
    return { status, messages };
  }

  /** Polls by REST as the trial's node. */
  async poll(typeUrl: string, names: readonly string[] | undefined, version?: string): Promise<PollAnswer> {
    const asked = { node: this.node, typeUrl, ...(names && { names }), ...(version !== undefined && { version }) };
    this.say(`poll ${describeType(typeUrl)} ${namesIn(names ?? [])} version=${version ?? ""}`);
    const answer = await poll(this.options, asked);
    this.say(answer.kind === "unchanged" ? "< 304" : `< 200 ${namesIn(answer.names)} version=${answer.version}`);
    return answer;
  }

  /** A poll must be answered by these resources; returns their version. */
  async polled(typeUrl: string, names: readonly string[], version?: string, asked = names): Promise<string> {
    const answer = await this.poll(typeUrl, asked, version);
    const expected = `200 with ${describeType(typeUrl)} ${namesIn(names)}`;
    if (answer.kind === "unchanged") throw new Mismatch(expected, "304");
    if (answer.names.join() !== names.toSorted().join())
      throw new Mismatch(expected, `200 with ${namesIn(answer.names)}`);
    return answer.version;
  }

  /** A poll must be answered by 304. */
  async unchanged(typeUrl: string, names: readonly string[], version: string): Promise<void> {
    const answer = await this.poll(typeUrl, names, version);
    if (answer.kind !== "unchanged") throw new Mismatch("304", `200 with ${namesIn(answer.names)}`);
  }

  /** A fact must hold. */
  must(isTrue: boolean, expected: string, came: string): void {
    if (!isTrue) throw new Mismatch(expected, came);
  }

  /** The server, or the driver, lacks what this is about, and may. */
  lacks(what: string): never {
    throw new Unsupported(what);
  }

  /** Closes the streams, and has the server forget the nodes. */
  async close(): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.close()));
    const { driver } = this.options;
    for (const node of this.nodes) await (driver.discard?.(node) ?? driver.forget(node)).catch(() => {});
  }

  private say(line: string, node = this.node): void {
    const ms = `${Math.round(performance.now() - this.startedMs)}`.padStart(6);
    this.transcript.push(`${ms} ms  ${node === this.node ? "" : `${node}: `}${line}`);
  }
}

function named(resources: readonly ResourceJson[]): string {
  return namesIn(resources.map(({ name, cluster_name }) => String(name ?? cluster_name ?? "?")));
}
