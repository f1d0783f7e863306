import {
  HTTPAccessLogEntrySchema,
  TCPAccessLogEntrySchema,
} from "@fairlead/envoy-api/envoy/data/accesslog/v3/accesslog_pb";
import { AccessLogService } from "@fairlead/envoy-api/envoy/service/accesslog/v3/als_pb";
import { xdsChannel } from "../../channels.ts";
import { status } from "../../grpc/status.ts";
import { tagOf, WIRE } from "../../wire/reader.ts";
import type { ServerStream } from "../transport.ts";
import { decodeEach } from "./decode-each.ts";
import { clientStreaming } from "./methods.ts";
import { type Reporter, reporterOf } from "./reporter.ts";
import type { ServiceFactory, ServiceHost, Steps } from "./service.ts";
import { messageIn, valuesOf } from "./wire-fields.ts";

/** Bytes of one entry, at most: decoding it is one piece of work. Envoy's own limit on headers is 60 KiB. */
const MAX_ENTRY_BYTES = 262_144;

const IDENTIFIER = tagOf(1, WIRE.bytes);
const HTTP_LOGS = tagOf(2, WIRE.bytes);
const TCP_LOGS = tagOf(3, WIRE.bytes);
const NODE = tagOf(1, WIRE.bytes);
const LOG_NAME = tagOf(2, WIRE.bytes);
const ENTRY = tagOf(1, WIRE.bytes);

const logged = xdsChannel("fairlead:xds:access-logged");

/**
 * `envoy.service.accesslog.v3.AccessLogService`: takes access logs, and publishes their entries on the channel
 * `fairlead:xds:access-logged`. While nobody listens, entries are not even decoded.
 *
 * @see protocol.md S5
 */
export function accessLogService(): ServiceFactory {
  return (host) => ({
    desc: AccessLogService,
    methods: [
      clientStreaming(AccessLogService.method.streamAccessLogs, (stream) => {
        let log: Log | undefined;
        return {
          onRequest: (bytes) => {
            log ??= readLog(host, stream, bytes);
            if (log) return logged.hasSubscribers ? publish(log, bytes, stream) : undefined;
            const reason = "the first message of a stream must carry its identifier, and that the node";
            stream.end(status("INVALID_ARGUMENT", reason));
            return undefined;
          },
          onEnd: () => ({ reply: {} }),
        };
      }),
    ],
  });
}

/** One stream of entries. */
interface Log {
  readonly reporter: Reporter;
  readonly logName: string;
}

/** @throws WireError */
function readLog(host: ServiceHost, stream: ServerStream, message: Uint8Array): Log | undefined {
  const identifier = messageIn(message, IDENTIFIER);
  const node = identifier && messageIn(identifier, NODE);
  if (!node) return undefined;
  let logName = "";
  for (const name of valuesOf(identifier, LOG_NAME)) logName = Buffer.from(name).toString();
  return { reporter: reporterOf(host, stream, node), logName };
}

function* publish({ reporter, logName }: Log, message: Uint8Array, stream: ServerStream): Steps {
  const none = { ...reporter, logName, http: [], tcp: [] };
  const http = entriesOf(message, HTTP_LOGS);
  const tcp = entriesOf(message, TCP_LOGS);
  const isRead =
    (yield* decodeEach(HTTPAccessLogEntrySchema, http, MAX_ENTRY_BYTES, (batch) =>
      logged.publish({ ...none, http: batch }),
    )) &&
    (yield* decodeEach(TCPAccessLogEntrySchema, tcp, MAX_ENTRY_BYTES, (batch) =>
      logged.publish({ ...none, tcp: batch }),
    ));
  if (!isRead) stream.end(status("INVALID_ARGUMENT", `an entry is more than ${MAX_ENTRY_BYTES} bytes`));
}

function* entriesOf(message: Uint8Array, tag: number): Generator<Uint8Array | undefined> {
  for (const entries of valuesOf(message, tag)) {
    yield undefined;
    yield* valuesOf(entries, ENTRY);
  }
}
