import { connectHttp2 } from "../../src/client/transport/connect.ts";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import { type Http2ListenOptions, listenHttp2 } from "../../src/server/http2/listen.ts";
import type { TransportHandler } from "../../src/server/transport.ts";
import type { FuzzTarget } from "./target.ts";
import { within } from "./within.ts";

/** The edge alone, under a handler that sends every message back. */
export async function startEchoTarget(listen: Http2ListenOptions): Promise<FuzzTarget> {
  const transport = await listenHttp2(listen, echo);
  const { port } = transport.address;
  const connection = connectHttp2({ target: `127.0.0.1:${port}` });
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  stopped.catch(() => {}); // told by stopHealthy
  let messages = 0;
  let isStopping = false;
  const call = connection.call(
    { path: "/echo" },
    {
      onMessage(message) {
        const text = Buffer.from(message).toString();
        if (text !== `healthy ${messages}`)
          reject(new Error(`the healthy stream got ${text}, not message ${messages}`));
        messages += 1;
        setImmediate(next);
      },
      onEnd: ({ code, message }) => reject(new Error(`the healthy stream was harmed: status ${code} ${message}`)),
    },
  );
  const next = (): void => {
    if (isStopping) resolve();
    else call.send(Buffer.from(`healthy ${messages}`));
  };
  next();
  return {
    port,
    get healthyMessages() {
      return messages;
    },
    async stopHealthy() {
      isStopping = true;
      await within(10_000, stopped, "the healthy stream was harmed: no answer");
      connection.close();
    },
    isQuiet: () => transport.connections === 0 && transport.queuedBytes === 0 && transport.partialBytes === 0,
    close: () => transport.close(),
  };
}

const echo: TransportHandler = {
  onStream(stream) {
    if (stream.path === "/no") return status("UNIMPLEMENTED", "no such method");
    return {
      onMessage: (message) => stream.send(frameMessage(message)),
      onEnd: () => stream.end(status("OK")),
      onDrain() {},
      onClose() {},
    };
  },
};
