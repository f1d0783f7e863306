import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { AnySchema, type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ClientResourceStatus } from "@fairlead/envoy-api/envoy/admin/v3/config_dump_shared_pb";
import {
  type ClientConfig_GenericXdsConfigSchema,
  type ClientConfigSchema,
  ClientStatusDiscoveryService,
  type ClientStatusRequest,
  ClientStatusRequestSchema,
  type ClientStatusResponseSchema,
  ConfigStatus,
} from "@fairlead/envoy-api/envoy/service/status/v3/csds_pb";
import { type StatusName, status } from "../../grpc/status.ts";
import type { NodeIdentity } from "../source.ts";
import type { ResourceStatus } from "../status.ts";
import type { Connection } from "../transport.ts";
import { bidiStreaming, decodeAs, type Reply, unary } from "./methods.ts";
import { nodeTest } from "./node-matcher.ts";
import type { ConnectedClient, ServiceFactory, ServiceHost, Steps } from "./service.ts";

/** Options of {@link clientStatusService}. */
export interface ClientStatusOptions {
  /**
   * Which clients whoever asks is told of. `own`: those that share its connection, or all SANs of its verified certificate,
   * for a proxy must not read what another is served. Default `own`.
   */
  readonly show?: "own" | "all";
  /** Who is told of all clients nevertheless, by the SANs of its verified certificate. Default: nobody. */
  readonly isReader?: ((sans: readonly string[]) => boolean) | undefined;
  /**
   * A resource without its secrets, encoded; `undefined`: better not shown. Default: no contents are shown, only names,
   * versions and states.
   */
  readonly redact?: ((typeUrl: string, value: Uint8Array) => Uint8Array | undefined) | undefined;
}

/** Clients that are matched in one step. */
const CLIENTS_PER_STEP = 64;
/** Clients of one answer, at most. */
const MAX_CLIENTS = 1_000;
/** Bytes of one answer, at most, about: gRPC's default receive limit is 4 MiB. */
const MAX_BYTES = 3_500_000;
/** Bytes of a resource whose content is shown, at most: to redact it is one piece of work. */
const MAX_CONTENT_BYTES = 262_144;
/** What a resource takes in an answer beside its strings and contents, bytes, about. */
const RESOURCE_BYTES = 64;

type Config = MessageInitShape<typeof ClientConfigSchema>;
type ResourceConfig = MessageInitShape<typeof ClientConfig_GenericXdsConfigSchema>;
type Answer = Reply<typeof ClientStatusResponseSchema>;

/**
 * `envoy.service.status.v3.ClientStatusDiscoveryService`: what each connected client has of each of its resources.
 *
 * @see protocol.md S5
 */
export function clientStatusService(options: ClientStatusOptions = {}): ServiceFactory {
  const { fetchClientStatus, streamClientStatus } = ClientStatusDiscoveryService.method;
  return (host) => ({
    desc: ClientStatusDiscoveryService,
    methods: [
      unary(fetchClientStatus, (request, { connection }) => answerTo(host, options, connection, request)),
      bidiStreaming(streamClientStatus, (replies) => ({
        *onRequest(bytes): Steps {
          const request = decodeAs(ClientStatusRequestSchema, bytes);
          const answer = yield* answerTo(host, options, replies.stream.connection, request);
          if ("reply" in answer) replies.send(answer.reply);
          else replies.end(answer.refusal);
        },
      })),
    ],
  });
}

function* answerTo(
  host: ServiceHost,
  options: ClientStatusOptions,
  asker: Connection,
  { nodeMatchers, excludeResourceContents }: ClientStatusRequest,
): Steps<Answer> {
  const test = nodeTest(nodeMatchers);
  if ("unsupported" in test) return refusal("INVALID_ARGUMENT", test.unsupported);
  const visible = clientsFor(host, options, asker);
  if (!visible)
    return refusal(
      "PERMISSION_DENIED",
      "a proxy is told of itself only, and this connection is no proxy's: the server must name whoever may see others",
    );
  const found: ConnectedClient[] = [];
  for (const [index, client] of visible.entries()) {
    if (index % CLIENTS_PER_STEP === CLIENTS_PER_STEP - 1) yield;
    if (test.matches(client.node)) found.push(client);
  }
  if (found.length > MAX_CLIENTS)
    return refusal(
      "RESOURCE_EXHAUSTED",
      `${found.length} clients match, at most ${MAX_CLIENTS} are told of: narrow node_matchers`,
    );
  const dump = new Dump(excludeResourceContents ? undefined : options.redact);
  for (const client of found) {
    yield* dump.add(client);
    if (!dump.isFull) continue;
    const without = excludeResourceContents || !options.redact ? "" : ", or set exclude_resource_contents";
    return refusal(
      "RESOURCE_EXHAUSTED",
      `the answer would be more than ${MAX_BYTES} bytes: narrow node_matchers${without}`,
    );
  }
  return { reply: { config: dump.clients } };
}

/** The clients that whoever asks may see; `undefined`: none, whatever there is. */
function clientsFor(
  host: ServiceHost,
  { show = "own", isReader }: ClientStatusOptions,
  asker: Connection,
): ConnectedClient[] | undefined {
  const clients = [...host.clients()];
  if (show === "all" || isReader?.(asker.sans)) return clients;
  const own = clients.filter((client) => client.isOn(asker) || isSameIdentity(client.node, asker));
  return own.length > 0 ? own : undefined;
}

function isSameIdentity({ sans }: NodeIdentity, asker: Connection): boolean {
  return sans.length > 0 && sans.length === asker.sans.length && sans.every((san, index) => san === asker.sans[index]);
}

/** An answer as it grows. */
class Dump {
  readonly clients: Config[] = [];
  readonly #redact: ClientStatusOptions["redact"];
  #bytes = 0;

  constructor(redact: ClientStatusOptions["redact"]) {
    this.#redact = redact;
  }

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  /** Adds a client, a resource a step. */
  *add(client: ConnectedClient): Steps {
    const genericXdsConfigs: ResourceConfig[] = [];
    const node = nodeOf(client.node);
    this.#bytes += JSON.stringify(client.node).length;
    this.clients.push({ node, genericXdsConfigs });
    for (const resource of client.resources()) {
      genericXdsConfigs.push(this.#configOf(resource));
      if (this.isFull) return;
      yield;
    }
  }

  #configOf(resource: ResourceStatus): ResourceConfig {
    const { typeUrl, name, state, acked, ackedAtMs, nack, sent } = resource;
    const { version: versionInfo = "", value } = acked ?? {};
    this.#bytes += typeUrl.length + name.length + versionInfo.length + RESOURCE_BYTES;
    return {
      typeUrl,
      name,
      versionInfo,
      configStatus: CONFIG_STATUS[state],
      clientStatus: clientStatusOf(resource),
      lastUpdated: timestampOf(ackedAtMs),
      xdsConfig: this.#contentOf(typeUrl, value),
      ...(state === "rejected" && { errorState: this.#errorOf(typeUrl, nack, sent?.value) }),
    };
  }

  #errorOf(typeUrl: string, nack: ResourceStatus["nack"], rejected: Uint8Array | undefined) {
    const { message: details = "", version: versionInfo = "", atMs } = nack ?? {};
    this.#bytes += details.length + versionInfo.length + RESOURCE_BYTES;
    const failedConfiguration = this.#contentOf(typeUrl, rejected);
    return { details, versionInfo, lastUpdateAttempt: timestampOf(atMs), failedConfiguration };
  }

  #contentOf(typeUrl: string, bytes: Uint8Array | undefined) {
    const value = bytes && bytes.length <= MAX_CONTENT_BYTES ? this.#redact?.(typeUrl, bytes) : undefined;
    if (!value) return undefined;
    this.#bytes += typeUrl.length + value.length;
    return create(AnySchema, { typeUrl, value });
  }
}

const CONFIG_STATUS = {
  synced: ConfigStatus.SYNCED,
  sent: ConfigStatus.STALE,
  unsent: ConfigStatus.NOT_SENT,
  rejected: ConfigStatus.ERROR,
  missing: ConfigStatus.NOT_SENT,
} as const;

function clientStatusOf({ state, acked }: ResourceStatus): ClientResourceStatus {
  if (state === "rejected") return ClientResourceStatus.NACKED;
  if (state === "missing") return ClientResourceStatus.DOES_NOT_EXIST;
  return acked ? ClientResourceStatus.ACKED : ClientResourceStatus.REQUESTED;
}

function timestampOf(atMs: number | undefined): Timestamp | undefined {
  return atMs === undefined ? undefined : timestampFromMs(Math.round(atMs));
}

function nodeOf({ id, cluster, locality, metadata, userAgentName, userAgentVersion, clientFeatures }: NodeIdentity) {
  return {
    id,
    cluster,
    locality,
    metadata: metadata as JsonObject,
    userAgentName,
    userAgentVersionType: { case: "userAgentVersion" as const, value: userAgentVersion },
    clientFeatures: [...clientFeatures],
  };
}

function refusal(name: StatusName, message: string): Answer {
  return { refusal: status(name, message) };
}
