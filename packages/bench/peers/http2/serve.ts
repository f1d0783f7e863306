import { once } from "node:events";
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { Unframer } from "../../../xds/src/grpc/unframe.ts";
import { readDeltaDiscoveryRequest } from "../../../xds/src/wire/delta-request.ts";
import { readDiscoveryRequest } from "../../../xds/src/wire/sotw-request.ts";
import type { Heard } from "../node/interest.ts";
import type { Options, Tls } from "../node/options.ts";
import type { Served } from "../node/program.ts";
import { services } from "../node/services.ts";

/** What a request says, NACKs told apart. */
export interface Request extends Heard {
  /** The nonce that it answers; empty: it answers none. */
  readonly nonce: string;
  readonly isNack: boolean;
}

/** Decides what one stream is sent. */
export interface Voice {
  readonly hear: (request: Request) => void;
  /** The next frame, asked for when the stream can take one; `undefined`: nothing for now. */
  readonly next: () => Buffer | undefined;
}

const BACKLOG = 4_096;
/** MB that a session may hold: Node's own bound, 10, would end connections that carry many streams. */
const MAX_SESSION_MEMORY = 1_000;
const MAX_REQUEST_BYTES = 64 * 1_024 * 1_024;

/** Serves the workload's services by `node:http2`; `open` gives each stream its voice. */
export async function serveHttp2(
  { xdsPort, tls }: Options,
  open: (stream: { readonly number: number; readonly isDelta: boolean }) => Voice,
): Promise<Served> {
  const pumps = new Set<() => void>();
  let streams = 0;
  const server = create(tls);
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {}); // a client that goes away is no fault
    const variant = variantByPath.get(String(headers[":path"]));
    if (variant === undefined) return refuse(stream);
    const voice = open({ number: streams++, isDelta: variant === "delta" });
    const pump = converse(stream, variant, voice);
    pumps.add(pump);
    stream.once("close", () => pumps.delete(pump));
  });
  server.on("sessionError", () => {});
  server.listen({ port: xdsPort, host: "127.0.0.1", backlog: BACKLOG });
  await once(server, "listening");
  const onChange = () => {
    for (const pump of pumps) pump();
  };
  return { port: (server.address() as AddressInfo).port, onChange };
}

const variantByPath = new Map<string, "sotw" | "delta">(
  services.flatMap(({ name, sotw, delta }) => [
    [`/${name}/${sotw}`, "sotw"],
    [`/${name}/${delta}`, "delta"],
  ]),
);

function create(tls: Tls | undefined): Http2Server {
  const options = { maxSessionMemory: MAX_SESSION_MEMORY };
  if (tls === undefined) return createServer(options);
  return createSecureServer({ ...options, ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: true });
}

function refuse(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "12" }, { endStream: true });
}

/** Reads requests as they come. The answer sends what the voice has to say, as far as the stream takes it. */
function converse(stream: ServerHttp2Stream, variant: "sotw" | "delta", voice: Voice): () => void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  const pump = () => {
    while (!stream.writableNeedDrain && stream.writable) {
      const frame = voice.next();
      if (frame === undefined) return;
      stream.write(frame);
    }
  };
  const read = variant === "sotw" ? createSotwReader() : readDelta;
  const unframer = new Unframer(MAX_REQUEST_BYTES);
  stream.on("data", (chunk: Buffer) => {
    unframer.push(chunk);
    if (readAll(unframer, read, voice)) pump();
    else stream.close();
  });
  stream.on("end", () => stream.end());
  stream.on("drain", pump);
  return pump;
}

/** False: the client sent what is no request. */
function readAll(unframer: Unframer, read: (bytes: Uint8Array) => Request, voice: Voice): boolean {
  try {
    for (let next = unframer.read(); next !== undefined; next = unframer.read()) {
      if (next.kind === "fault") return false;
      voice.hear(read(next.bytes));
    }
    return true;
  } catch {
    return false;
  }
}

/** The names of an ACK, as many as they may be, are compared with those of the request before, not decoded. */
function createSotwReader(): (bytes: Uint8Array) => Request {
  const namesBytes = new Map<string, Uint8Array>();
  const counts = new Map<string, number>();
  return (bytes) => {
    const request = readDiscoveryRequest(bytes, namesBytes);
    const { typeUrl, nonce, resourceNames, errorDetail } = request;
    if (resourceNames !== "same") {
      namesBytes.set(typeUrl, request.namesBytes);
      counts.set(typeUrl, resourceNames.length);
    }
    return { typeUrl, nonce, names: counts.get(typeUrl) ?? 0, isNack: errorDetail !== undefined };
  };
}

function readDelta(bytes: Uint8Array): Request {
  const { typeUrl, nonce, subscribe, errorDetail } = readDeltaDiscoveryRequest(bytes);
  return { typeUrl, nonce, names: subscribe, isNack: errorDetail !== undefined };
}
