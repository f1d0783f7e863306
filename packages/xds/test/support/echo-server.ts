import type { TestContext } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import type { Http2Limits } from "../../src/server/http2/limits.ts";
import { type Http2ListenOptions, type Http2Transport, listenHttp2 } from "../../src/server/http2/listen.ts";
import type { GrpcStatus, ServerStream, StreamHandler, TransportHandler } from "../../src/server/transport.ts";

/** A listening edge whose handler sends every message back, with what it saw. */
export interface EchoServer {
  readonly port: number;
  readonly target: string;
  readonly transport: Http2Transport;
  /** Calls that are open now. */
  readonly streams: ReadonlySet<ServerStream>;
  /** Why calls closed, oldest first. */
  readonly closeReasons: readonly string[];
  /** What the handler threw and the like. */
  readonly faults: readonly unknown[];
}

/** How an {@link EchoServer} differs. */
export interface EchoOptions {
  readonly limits?: Partial<Http2Limits>;
  readonly tls?: Http2ListenOptions["tls"];
  /** What to do with a new call first; the answer replaces the echo. */
  readonly onStream?: (stream: ServerStream) => StreamHandler | GrpcStatus | undefined;
  /** What to do with an HTTP request that is no call; without it, there are none. */
  readonly onRequest?: TransportHandler["onRequest"];
}

/** Limits in time as small as a test needs them. */
export const quick: Partial<Http2Limits> = { sweepIntervalMs: 10, closeMs: 100 };

/** Listens on a free port of 127.0.0.1 and closes with the test. */
export async function listenEcho(t: TestContext, options: EchoOptions = {}): Promise<EchoServer> {
  const streams = new Set<ServerStream>();
  const closeReasons: string[] = [];
  const faults: unknown[] = [];
  const echo = (stream: ServerStream): StreamHandler => ({
    onMessage: (message) => stream.send(frameMessage(message)),
    onEnd: () => stream.end(status("OK")),
    onDrain: () => {},
    onClose: () => {},
  });
  const handler: TransportHandler = {
    ...(options.onRequest && { onRequest: options.onRequest }),
    onStream(stream) {
      const answer = options.onStream?.(stream) ?? echo(stream);
      if ("code" in answer) return answer;
      streams.add(stream);
      return {
        onMessage: (message) => answer.onMessage(message),
        onEnd: () => answer.onEnd(),
        onDrain: () => answer.onDrain(),
        onClose(reason) {
          streams.delete(stream);
          closeReasons.push(reason);
          answer.onClose(reason);
        },
      };
    },
  };
  const transport = await listenHttp2(
    {
      port: 0,
      onFault: (fault) => faults.push(fault),
      ...(options.limits && { limits: options.limits }),
      ...(options.tls && { tls: options.tls }),
    },
    handler,
  );
  t.after(() => transport.close());
  const { port } = transport.address;
  return { port, target: `127.0.0.1:${port}`, transport, streams, closeReasons, faults };
}
