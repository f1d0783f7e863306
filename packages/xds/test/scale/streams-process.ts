/** Many xDS streams in a process of their own, which subscribe, ACK everything, and tell what came. Run by `processes.ts`. */
import { TYPE_URLS } from "@fairlead/envoy-api";
import { receiveDelta, receiveSotw } from "../../src/client/response.ts";
import { adsPath } from "../../src/client/services.ts";
import type { ClientCall } from "../../src/client/transport/call.ts";
import { type ClientConnection, connectHttp2 } from "../../src/client/transport/connect.ts";
import { writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";

/** What the streams are to do, as the process's one argument (JSON). */
export interface StreamsPlan {
  readonly port: number;
  readonly streams: number;
  readonly connections: number;
  /** Every so many streams one speaks delta. */
  readonly deltaEvery: number;
  readonly hasClusters: boolean;
  /** Stream number n subscribes to the endpoints `e<n * step>` to `e<n * step + count - 1>`. */
  readonly endpoints: { readonly count: number; readonly step: number };
}

/** Said when all of `streams` streams have the content. */
export interface StreamsReport {
  readonly content: string;
  readonly streams: number;
  /** Responses received so far by all streams. */
  readonly responses: number;
  /** A stream ended, which none should. */
  readonly failure?: string;
}

const plan = JSON.parse(process.argv[2]!) as StreamsPlan;
const namesOf = new Map<ClientCall, readonly string[]>();
const streamsByContent = new Map<string, Set<number>>();
let responses = 0;

process.on("disconnect", () => process.exit());
const connections = Array.from({ length: plan.connections }, () => connectHttp2({ target: `127.0.0.1:${plan.port}` }));
for (let index = 0; index < plan.streams; index++) open(connections[index % connections.length]!, index);
// Asked how many streams have some content: tells what it knows by now.
process.on("message", (content: string) => report(content));

function open(connection: ClientConnection, index: number): void {
  const isDelta = index % plan.deltaEvery === 0;
  const call: ClientCall = connection.call(
    { path: adsPath(isDelta ? "delta" : "sotw") },
    {
      onMessage: (message) => (isDelta ? takeDelta(call, index, message) : takeSotw(call, index, message)),
      onEnd: ({ code, message }) =>
        process.send!({ content: "", streams: 0, responses, failure: `stream ${index} ended with ${code} ${message}` }),
    },
  );
  const { count, step } = plan.endpoints;
  const names = Array.from({ length: count }, (_, n) => `e${index * step + n}`);
  let node: Uint8Array | undefined = encodeNode({ id: `node-${index}` });
  for (const [typeUrl, subscribe] of [
    [TYPE_URLS.cluster, plan.hasClusters ? [] : undefined],
    [TYPE_URLS.endpoints, names],
  ] as const) {
    if (!subscribe) continue;
    if (isDelta) call.send(writeDeltaDiscoveryRequest({ node, typeUrl, subscribe }));
    else call.send(writeDiscoveryRequest({ node, typeUrl, resourceNames: subscribe }));
    node = undefined;
  }
  namesOf.set(call, names);
}

function takeSotw(call: ClientCall, index: number, message: Uint8Array): void {
  const { typeUrl, nonce, version, resources } = receiveSotw(message);
  const resourceNames = typeUrl === TYPE_URLS.endpoints ? namesOf.get(call)! : [];
  call.send(writeDiscoveryRequest({ typeUrl, nonce, versionInfo: version, resourceNames }));
  note(index, resources);
}

function takeDelta(call: ClientCall, index: number, message: Uint8Array): void {
  const { typeUrl, nonce, resources } = receiveDelta(message);
  call.send(writeDeltaDiscoveryRequest({ typeUrl, nonce }));
  note(index, resources);
}

function note(index: number, resources: readonly { readonly value: Uint8Array | undefined }[]): void {
  responses += 1;
  for (const content of new Set(resources.map(({ value }) => contentOf(value!)))) {
    const streams = streamsByContent.get(content) ?? new Set();
    streamsByContent.set(content, streams.add(index));
    if (streams.size === plan.streams) report(content);
  }
}

function report(content: string): void {
  const streams = streamsByContent.get(content)?.size ?? 0;
  process.send!({ content, streams, responses } satisfies StreamsReport);
}

/** Field 2 of the message, as `resourceValue` wrote it behind the name. */
function contentOf(value: Uint8Array): string {
  return Buffer.from(value.subarray(2 + value[1]! + 2)).toString();
}
