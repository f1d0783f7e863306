import { XdsError } from "../errors.ts";
import type { Mode } from "../protocol/plan.ts";
import { encodeNode, type NodeToEncode } from "../wire/node.ts";
import type { BackoffOptions } from "./backoff.ts";
import { type ChannelOptions, openChannel } from "./channel.ts";
import { DeltaSubscription } from "./delta-subscription.ts";
import { receiveDelta, receiveSotw } from "./response.ts";
import { adsPath, servicePath } from "./services.ts";
import { SotwSubscription } from "./sotw-subscription.ts";
import { type StreamStatus, XdsStream } from "./stream.ts";
import type { HeldResource } from "./subscription.ts";
import { Topic, type WatchHandlers } from "./topic.ts";

/** Options of {@link createXdsClient}. */
export interface XdsClientOptions extends ChannelOptions {
  /** As whom the client presents itself; its user agent is `userAgent` unless it says otherwise. */
  readonly node: NodeToEncode;
  /** The variant of the protocol. */
  readonly mode: Mode;
  /** Whether all types share one aggregated stream (default), else each has a stream of its own on one connection. */
  readonly ads?: boolean;
  /** How long to wait before a stream that ended is opened again. */
  readonly backoff?: BackoffOptions;
  /** Told how each stream is doing. `typeUrl`: whose stream it is, `undefined` for the aggregated one. */
  readonly onStatus?: (status: StreamStatus, typeUrl: string | undefined) => void;
}

/** An xDS client: asks for resources, answers, reconnects, holds what it was given. */
export interface XdsClient {
  /**
   * Asks for resources of a type: some names, `"*"` for all, or both. Watches of one type share a subscription.
   * @throws XdsError `no-service` if the type has no service of its own in this mode and the client does not use ADS
   */
  watch(typeUrl: string, names: "*" | Iterable<string>, handlers?: WatchHandlers): Watch;
  /** What is held of a type, by name. */
  resources(typeUrl: string): ReadonlyMap<string, HeldResource>;
  /** Ends streams and connection; nothing is told any more but the status `closed`. */
  close(): Promise<void>;
}

/** A running {@link XdsClient.watch}. */
export interface Watch {
  /** Replaces the names. */
  change(names: "*" | Iterable<string>): void;
  /** Unsubscribes what no other watch wants. */
  stop(): void;
}

const NONE: ReadonlyMap<string, HeldResource> = new Map();

/** Creates a client; it connects when there is something to watch. */
export function createXdsClient(options: XdsClientOptions): XdsClient {
  const { mode, ads = true, backoff = {}, userAgent } = options;
  const channel = openChannel(options);
  const node = encodeNode(userAgent === undefined ? options.node : { userAgentName: userAgent, ...options.node });
  const receive = mode === "sotw" ? receiveSotw : receiveDelta;
  const topics = new Map<string, Topic>();
  const streams = new Map<string | undefined, XdsStream>();

  function streamOf(typeUrl: string): XdsStream {
    const key = ads ? undefined : typeUrl;
    const known = streams.get(key);
    if (known) return known;
    const onStatus = (status: StreamStatus) => options.onStatus?.(status, key);
    const path = ads ? adsPath(mode) : ownPath(typeUrl, mode);
    const stream = new XdsStream({ channel, path, node, receive, backoff, onStatus });
    streams.set(key, stream);
    return stream;
  }

  function topicOf(typeUrl: string): Topic {
    const known = topics.get(typeUrl);
    if (known) return known;
    const topic = new Topic(mode === "sotw" ? new SotwSubscription(typeUrl) : new DeltaSubscription(typeUrl));
    streamOf(typeUrl).carry(topic);
    topics.set(typeUrl, topic);
    return topic;
  }

  return {
    watch(typeUrl, names, handlers = {}) {
      const topic = topicOf(typeUrl);
      const stream = streamOf(typeUrl);
      const watcher = topic.add(names, handlers);
      stream.ask();
      return {
        change(changed) {
          topic.change(watcher, changed);
          stream.ask();
        },
        stop() {
          topic.remove(watcher);
          stream.ask();
        },
      };
    },
    resources: (typeUrl) => topics.get(typeUrl)?.subscription.resources ?? NONE,
    async close() {
      for (const stream of streams.values()) stream.close();
      await channel.close();
    },
  };
}

function ownPath(typeUrl: string, mode: Mode): string {
  const path = servicePath(typeUrl, mode);
  if (path) return path;
  throw new XdsError("no-service", `${typeUrl} has no ${mode} service of its own: use ADS (ads: true)`);
}
