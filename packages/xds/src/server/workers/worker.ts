/** The entry of a worker thread: a whole HTTP/2 edge, whose calls the engine's thread answers. */
import { workerData } from "node:worker_threads";
import { type Http2Transport, listenHttp2 } from "../http2/listen.ts";
import { faultText, toEngine } from "./records.ts";
import { Relay } from "./relay.ts";
import { type EdgeThreadStart, writeCounts } from "./thread-start.ts";

const { listen, link, counts } = workerData as EdgeThreadStart;
/** Orders may come before it listens: they are heeded as soon as it does. */
const listening = Promise.withResolvers<Http2Transport>();
let transport: Http2Transport | undefined;

const relay = new Relay(link, {
  drain: () => void listening.promise.then((edge) => edge.drain()).then(() => relay.tell(toEngine.drained)),
  close: () => void listening.promise.then((edge) => edge.close()).then(() => relay.tell(toEngine.closedAll)),
  beforeFlush: () => transport && writeCounts(counts, transport),
});

/** How often what is counted is brought up to date while nothing happens, ms. */
const COUNT_MS = 1_000;

try {
  transport = await listenHttp2({ ...listen, reusePort: true, onFault: (error) => relay.onFault(error) }, relay);
  const edge = transport;
  setInterval(() => writeCounts(counts, edge), COUNT_MS).unref();
  relay.tell(toEngine.listening, edge.address);
  listening.resolve(edge);
} catch (error) {
  relay.tell(toEngine.failed, faultText(error));
}
