import { TYPE_URLS } from "@fairlead/envoy-api";
import { type ClusterStats, ClusterStatsSchema } from "@fairlead/envoy-api/envoy/config/endpoint/v3/load_report_pb";
import {
  LoadReportingService,
  type LoadStatsResponseSchema,
} from "@fairlead/envoy-api/envoy/service/load_stats/v3/lrs_pb";
import type { TypeSnapshot } from "../../cache/snapshot.ts";
import { xdsChannel } from "../../channels.ts";
import { status } from "../../grpc/status.ts";
import { tagOf, WIRE } from "../../wire/reader.ts";
import { decodeEach } from "./decode-each.ts";
import { bidiStreaming, type Replies } from "./methods.ts";
import { type Reporter, reporterOf } from "./reporter.ts";
import type { ServiceFactory, ServiceHost, Steps } from "./service.ts";
import { messageIn, valuesOf } from "./wire-fields.ts";

/** Options of {@link loadReportingService}. */
export interface LoadReportingOptions {
  /** How often proxies report, ms. Default 10,000. */
  readonly intervalMs?: number;
  /** Asks for figures by endpoint, and not only by locality. Default `false`. */
  readonly byEndpoint?: boolean;
  /** The clusters to report of. Default: all that the proxy has or, for one that cannot be asked so, all of its group. */
  readonly clusters?: readonly string[] | undefined;
}

/** What a client says that can be asked for all of its clusters. */
const SENDS_ALL = "envoy.lrs.supports_send_all_clusters";
/** Clusters that are asked for by name, at most. */
const MAX_NAMES = 10_000;
/** Bytes of one cluster's figures, at most: decoding them is one piece of work. */
const MAX_CLUSTER_BYTES = 1_048_576;

const NODE = tagOf(1, WIRE.bytes);
const CLUSTER_STATS = tagOf(2, WIRE.bytes);

const reported = xdsChannel("fairlead:xds:load-reported");
const warning = xdsChannel("fairlead:xds:warning");

type AskingReplies = Replies<typeof LoadStatsResponseSchema>;
type Asked = { readonly clusters: string[] } | { readonly sendAllClusters: true };

/**
 * `envoy.service.load_stats.v3.LoadReportingService`: asks proxies for reports of their load, and publishes what they report
 * on the channel `fairlead:xds:load-reported`. A report is what the proxy claims.
 *
 * @see protocol.md S5
 */
export function loadReportingService(options: LoadReportingOptions = {}): ServiceFactory {
  return (host) => ({
    desc: LoadReportingService,
    methods: [
      bidiStreaming(LoadReportingService.method.streamLoadStats, (replies) => {
        const asking = new Asking(options, host, replies);
        let reporter: Reporter | undefined;
        return {
          onRequest: (bytes) => {
            if (!reporter) {
              const node = messageIn(bytes, NODE);
              if (!node) return refuse(replies, "the first message of a stream must carry its node");
              reporter = reporterOf(host, replies.stream, node);
            }
            asking.ask(reporter);
            return reported.hasSubscribers ? publish(reporter, bytes, replies) : undefined;
          },
        };
      }),
    ],
  });
}

/** Tells one proxy what to report of, at first and when the answer has become another. */
class Asking {
  readonly #options: LoadReportingOptions;
  readonly #host: ServiceHost;
  readonly #replies: AskingReplies;
  #hasAsked = false;
  #namesOf: TypeSnapshot | undefined;

  constructor(options: LoadReportingOptions, host: ServiceHost, replies: AskingReplies) {
    this.#options = options;
    this.#host = host;
    this.#replies = replies;
  }

  ask(reporter: Reporter): void {
    const { clusters } = this.#options;
    if (clusters || reporter.node.clientFeatures.includes(SENDS_ALL)) {
      if (!this.#hasAsked) this.#send(clusters ? { clusters: [...clusters] } : { sendAllClusters: true });
    } else {
      const { group } = reporter;
      const known = group === undefined ? undefined : this.#host.snapshotOf(group)?.types.get(TYPE_URLS.cluster);
      // Looked at with each report: a proxy reports whether or not it has anything to tell.
      if (!this.#hasAsked || known !== this.#namesOf) this.#send({ clusters: namesOf(known, reporter) });
      this.#namesOf = known;
    }
    this.#hasAsked = true;
  }

  #send(asked: Asked): void {
    const { byEndpoint = false } = this.#options;
    const intervalMs = Math.round(this.#options.intervalMs ?? 10_000);
    const loadReportingInterval = {
      seconds: BigInt(Math.trunc(intervalMs / 1_000)),
      nanos: (intervalMs % 1_000) * 1e6,
    };
    this.#replies.send({ ...asked, loadReportingInterval, reportEndpointGranularity: byEndpoint });
  }
}

function namesOf(clusters: TypeSnapshot | undefined, { node }: Reporter): string[] {
  const names = [...(clusters?.resources.keys() ?? [])];
  if (names.length <= MAX_NAMES) return names;
  const message = `load reports: its group has ${names.length} clusters, and it is asked for the first ${MAX_NAMES}: it cannot be asked for all without names`;
  warning.publish({ nodeId: node.id, typeUrl: TYPE_URLS.cluster, message });
  return names.slice(0, MAX_NAMES);
}

function* publish(reporter: Reporter, request: Uint8Array, replies: AskingReplies): Steps {
  const clusters = valuesOf(request, CLUSTER_STATS);
  const take = (batch: readonly ClusterStats[]) => reported.publish({ ...reporter, clusters: batch });
  const isRead = yield* decodeEach(ClusterStatsSchema, clusters, MAX_CLUSTER_BYTES, take);
  if (!isRead) refuse(replies, `the figures of a cluster are more than ${MAX_CLUSTER_BYTES} bytes`);
}

function refuse(replies: AskingReplies, reason: string): undefined {
  replies.end(status("INVALID_ARGUMENT", reason));
}
