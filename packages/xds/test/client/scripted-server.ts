import type { TestContext } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { listenHttp2 } from "../../src/server/http2/listen.ts";
import type { ServerStream, Transport } from "../../src/server/transport.ts";
import { type DeltaRequest, readDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readDiscoveryRequest, type SotwRequest } from "../../src/wire/sotw-request.ts";

/** Values that come one by one, for who awaits them one by one. */
export class Inbox<T> {
  private readonly values: T[] = [];
  private readonly takers: ((value: T) => void)[] = [];

  put(value: T): void {
    const taker = this.takers.shift();
    if (taker) taker(value);
    else this.values.push(value);
  }

  /** @throws if none comes within 10 s */
  async take(): Promise<T> {
    if (this.values.length > 0) return this.values.shift()!;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => reject(new Error("waited 10 s for what did not come")), 10_000);
    timer.unref();
    this.takers.push(resolve);
    return await promise.finally(() => clearTimeout(timer));
  }

  get size(): number {
    return this.values.length;
  }
}

/** A stream in the hands of a test that plays the server. */
export class ScriptedStream {
  readonly path: string;
  readonly userAgent: string;
  readonly connectionId: number;
  readonly closed: Promise<string>;
  private readonly stream: ServerStream;
  private readonly messages = new Inbox<Uint8Array>();
  readonly onMessage = (message: Uint8Array): void => this.messages.put(message);
  onClose: (reason: string) => void = () => {};

  constructor(stream: ServerStream) {
    this.stream = stream;
    this.path = stream.path;
    this.userAgent = stream.userAgent;
    this.connectionId = stream.connection.id;
    this.closed = new Promise((resolve) => {
      this.onClose = resolve;
    });
  }

  async sotw(): Promise<SotwRequest> {
    return readDiscoveryRequest(await this.messages.take());
  }

  async delta(): Promise<DeltaRequest> {
    return readDeltaDiscoveryRequest(await this.messages.take());
  }

  send(message: Uint8Array): void {
    this.stream.send(frameMessage(message));
  }

  end(code: number, message: string): void {
    this.stream.end({ code, message });
  }
}

/** A server that does what the test says. */
export interface ScriptedServer {
  readonly target: string;
  readonly transport: Transport;
  /** The next stream that a client opens. */
  stream(): Promise<ScriptedStream>;
}

export async function startScriptedServer(context: TestContext, port = 0): Promise<ScriptedServer> {
  const streams = new Inbox<ScriptedStream>();
  const transport = await listenHttp2(
    { port },
    {
      onStream(stream) {
        const scripted = new ScriptedStream(stream);
        streams.put(scripted);
        return {
          onMessage: scripted.onMessage,
          onEnd: () => stream.end({ code: 0, message: "" }),
          onDrain: () => {},
          onClose: (reason) => scripted.onClose(reason),
        };
      },
    },
  );
  context.after(() => transport.close());
  return { target: `127.0.0.1:${transport.address.port}`, transport, stream: () => streams.take() };
}
