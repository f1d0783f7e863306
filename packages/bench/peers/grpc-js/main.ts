// The bench's workload on grpc-js, as its users write a server.
import { createRequire } from "node:module";
import {
  type handleBidiStreamingCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { type Heard, Interest, select, type Telling } from "../node/interest.ts";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  decodeDeltaDiscoveryRequest,
  decodeDiscoveryRequest,
  encodeDeltaDiscoveryResponse,
  encodeDiscoveryResponse,
} from "../node/messages.ts";
import type { Options, Tls } from "../node/options.ts";
import { runPeer, type Served } from "../node/program.ts";
import { services } from "../node/services.ts";
import { type Snapshot, typeUrlOf } from "../node/snapshot.ts";

/** One of the two variants of the protocol: how its requests and responses look. */
interface Variant<Request, Response extends object> {
  readonly decode: (bytes: Buffer) => Request;
  readonly encode: (response: Response) => Buffer;
  readonly hear: (request: Request) => Heard;
  readonly tell: (snapshot: Snapshot, telling: Telling) => Response;
}

const sotw: Variant<DiscoveryRequest, DiscoveryResponse> = {
  decode: decodeDiscoveryRequest,
  encode: encodeDiscoveryResponse,
  hear: ({ typeUrl, resourceNames }) => ({ typeUrl, names: resourceNames.length }),
  tell: ({ shape, revision, held }) => ({
    versionInfo: String(revision),
    resources: held.map(({ any }) => any),
    typeUrl: typeUrlOf(shape),
    nonce: String(revision),
  }),
};

const delta: Variant<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = {
  decode: decodeDeltaDiscoveryRequest,
  encode: encodeDeltaDiscoveryResponse,
  hear: ({ typeUrl, resourceNamesSubscribe }) => ({ typeUrl, names: resourceNamesSubscribe }),
  tell: (snapshot, telling) => ({
    systemVersionInfo: String(snapshot.revision),
    resources: select(snapshot, telling).map(({ name, revision, any }) => ({
      name,
      version: String(revision),
      resource: any,
    })),
    typeUrl: typeUrlOf(snapshot.shape),
    nonce: String(snapshot.revision),
  }),
};

const { version } = createRequire(import.meta.url)("@grpc/grpc-js/package.json") as { version: string };

await runPeer({
  name: "grpc-js",
  library: version,
  choice: { flag: "mode", values: ["encode", "cached"] },
  serve,
});

async function serve({ choice, tls, xdsPort }: Options, latest: () => Snapshot): Promise<Served> {
  const server = new Server();
  const pumps = new Set<() => void>();
  const isCached = choice === "cached";
  for (const service of services) {
    const methods = {
      sotw: method(`/${service.name}/${service.sotw}`, sotw, isCached),
      delta: method(`/${service.name}/${service.delta}`, delta, isCached),
    };
    server.addService(methods, { sotw: handler(sotw, latest, pumps), delta: handler(delta, latest, pumps) });
  }
  const port = await new Promise<number>((resolve, reject) => {
    const listened = (error: Error | null, bound: number) => (error ? reject(error) : resolve(bound));
    server.bindAsync(`127.0.0.1:${xdsPort}`, credentialsOf(tls), listened);
  });
  const onChange = () => {
    for (const pump of pumps) pump();
  };
  return { port, onChange };
}

function credentialsOf(tls: Tls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  return ServerCredentials.createSsl(tls.ca ?? null, [pair], tls.ca !== undefined);
}

function method<Request, Response extends object>(
  path: string,
  { decode, encode }: Variant<Request, Response>,
  isCached: boolean,
): MethodDefinition<Request, Response> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: () => {
      throw new Error("a server writes no requests");
    },
    requestDeserialize: decode,
    responseSerialize: isCached ? cached(encode) : encode,
    responseDeserialize: () => {
      throw new Error("a server reads no responses");
    },
  };
}

/** For a response object that several streams are given, the bytes are made once. */
function cached<Response extends object>(encode: (response: Response) => Buffer): (response: Response) => Buffer {
  const bytesOf = new WeakMap<Response, Buffer>();
  return (response) => {
    const bytes = bytesOf.get(response) ?? encode(response);
    bytesOf.set(response, bytes);
    return bytes;
  };
}

/** Each change's response object is made once for all streams that are equally far. */
function handler<Request, Response extends object>(
  { hear, tell }: Variant<Request, Response>,
  latest: () => Snapshot,
  pumps: Set<() => void>,
): handleBidiStreamingCall<Request, Response> {
  const responses = new Map<number, Response>();
  let revision = 0;
  const respond = (snapshot: Snapshot, telling: Telling): Response => {
    if (telling.kind === "again") return tell(snapshot, telling);
    if (revision !== snapshot.revision) responses.clear();
    revision = snapshot.revision;
    const response = responses.get(telling.revision) ?? tell(snapshot, telling);
    responses.set(telling.revision, response);
    return response;
  };
  return (call) => serveCall(call, hear, respond, latest, pumps);
}

function serveCall<Request, Response>(
  call: ServerDuplexStream<Request, Response>,
  hear: (request: Request) => Heard,
  respond: (snapshot: Snapshot, telling: Telling) => Response,
  latest: () => Snapshot,
  pumps: Set<() => void>,
): void {
  const interest = new Interest();
  const pump = () => {
    while (!call.writableNeedDrain) {
      const snapshot = latest();
      const telling = interest.next(snapshot);
      if (telling === undefined) return;
      call.write(respond(snapshot, telling));
    }
  };
  pumps.add(pump);
  call.on("data", (request: Request) => {
    interest.hear(hear(request), latest());
    pump();
  });
  call.on("drain", pump);
  call.on("end", () => call.end());
  // A client that goes away is no fault.
  call.on("error", () => pumps.delete(pump));
  call.on("cancelled", () => pumps.delete(pump));
  call.on("close", () => pumps.delete(pump));
}
