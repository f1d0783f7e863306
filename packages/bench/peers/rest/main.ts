// An Envoy-style REST server: `POST /v3/discovery:endpoints` and `:clusters`, polled by its clients.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import { ClusterSchema } from "@fairlead/envoy-api/envoy/config/cluster/v3/cluster_pb";
import { ClusterLoadAssignmentSchema } from "@fairlead/envoy-api/envoy/config/endpoint/v3/endpoint_pb";
import { runPeer } from "../node/program.ts";
import { type Held, type Snapshot, typeUrlOf } from "../node/snapshot.ts";

/** The fields of a polled `DiscoveryRequest` that matter here, in either spelling of ProtoJSON. */
interface Poll {
  readonly version_info?: unknown;
  readonly versionInfo?: unknown;
  readonly resource_names?: unknown;
  readonly resourceNames?: unknown;
}

const BACKLOG = 4_096;
const MAX_BODY_BYTES = 4 * 1_024 * 1_024;
/** A resource's JSON is made once, when it is first asked for. */
const jsonByHeld = new WeakMap<Held, string>();

await runPeer({
  name: "rest",
  library: "node:http",
  serve: async ({ xdsPort, tls, shape }, latest) => {
    const path = `/v3/discovery:${shape.type}`;
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void answer(request, response, path, latest);
    const server = tls
      ? createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, listener)
      : createServer(listener);
    server.listen({ port: xdsPort, host: "127.0.0.1", backlog: BACKLOG });
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, onChange: () => {} };
  },
});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  latest: () => Snapshot,
): Promise<void> {
  request.on("error", () => {}); // a client that goes away is no fault
  if (request.method !== "POST" || request.url !== path) {
    request.resume();
    return void response.writeHead(404, { "content-type": "text/plain" }).end(`there is POST ${path}\n`);
  }
  const poll = readPoll(await readBody(request));
  if (poll === undefined) {
    return void response.writeHead(400, { "content-type": "text/plain" }).end("the body is no DiscoveryRequest\n");
  }
  const snapshot = latest();
  // Envoy takes 200 with a body and 304 without one; all else is a failed fetch to it.
  const version = String(snapshot.revision);
  if ((poll.version_info ?? poll.versionInfo) === version) return void response.writeHead(304).end();
  const body = respond(snapshot, version, poll.resource_names ?? poll.resourceNames);
  response.writeHead(200, { "content-type": "application/json" }).end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) return "";
      chunks.push(chunk);
    }
  } catch {
    return ""; // it was cut off: nobody reads the answer
  }
  return Buffer.concat(chunks).toString();
}

function readPoll(text: string): Poll | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** All resources, or those of these names. */
function respond(snapshot: Snapshot, version: string, names: unknown): string {
  const wanted = Array.isArray(names) && names.length > 0 ? new Set<unknown>(names) : undefined;
  const held = wanted ? snapshot.held.filter(({ name }) => wanted.has(name)) : snapshot.held;
  const resources = held.map((each) => jsonOf(each, snapshot)).join(",");
  const typeUrl = typeUrlOf(snapshot.shape);
  return `{"version_info":"${version}","resources":[${resources}],"type_url":"${typeUrl}","nonce":"${version}"}`;
}

function jsonOf(held: Held, { shape }: Snapshot): string {
  const known = jsonByHeld.get(held);
  if (known !== undefined) return known;
  const fields =
    shape.type === "endpoints"
      ? toJsonString(ClusterLoadAssignmentSchema, fromBinary(ClusterLoadAssignmentSchema, held.any.value))
      : toJsonString(ClusterSchema, fromBinary(ClusterSchema, held.any.value));
  const json = `{"@type":"${held.any.typeUrl}",${fields.slice(1)}`;
  jsonByHeld.set(held, json);
  return json;
}
