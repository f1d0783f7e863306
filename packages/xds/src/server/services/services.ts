import { setTimeout } from "node:timers/promises";
import { xdsChannel } from "../../channels.ts";
import { monotonicNowMs } from "../clock.ts";
import { DISCOVERY_SERVICES } from "../methods.ts";
import type { ServerStream, StreamHandler } from "../transport.ts";
import { ServiceCall } from "./call.ts";
import type { GrpcService, ServedMethod, ServiceFactory, ServiceHost } from "./service.ts";
import type { Serving } from "./serving.ts";
import { WorkQueue } from "./work-queue.ts";

/** How often open calls are looked at while the server drains, ms. */
const TICK_MS = 50;
/** Calls that end in one tick: their clients come back elsewhere, and not all at once. */
const CALLS_PER_TICK = 500;

const opened = xdsChannel("fairlead:xds:call-opened");
const closed = xdsChannel("fairlead:xds:call-closed");

/** What services see of the server. */
export interface HostParts extends Pick<ServiceHost, "groupOf" | "snapshotOf" | "clients"> {
  readonly serving: Serving;
}

/** The services beside discovery, and their open calls. */
export class Services {
  readonly #methods: ReadonlyMap<string, ServedMethod>;
  readonly #onFault: (error: unknown) => void;
  readonly #queue = new WorkQueue();
  readonly #openedAtMs = new Map<ServiceCall, number>();

  constructor(factories: readonly ServiceFactory[], onFault: (error: unknown) => void, parts: HostParts) {
    const services: GrpcService[] = [];
    const host = hostOf(services, parts);
    for (const factory of factories) services.push(factory(host));
    this.#methods = new Map(services.flatMap(({ methods }) => methods.map((method) => [method.path, method])));
    this.#onFault = onFault;
  }

  /** Takes up a stream; `undefined`: its path is no method of these. */
  open(stream: ServerStream): StreamHandler | undefined {
    const method = this.#methods.get(stream.path);
    if (!method) return undefined;
    const call = new ServiceCall(stream, method, this.#queue, {
      onFault: this.#onFault,
      onClose: (ended, reason) => this.#close(ended, reason),
    });
    this.#openedAtMs.set(call, monotonicNowMs());
    opened.publish({ streamId: stream.id, peer: stream.connection.peer, path: stream.path });
    return call;
  }

  /** Ends every call, behind the request that it works on. Returns when none is left. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#openedAtMs.size > 0) {
      let ended = 0;
      for (const call of this.#openedAtMs.keys()) {
        if (call.isDraining) continue;
        call.drain();
        ended += 1;
        if (ended === CALLS_PER_TICK) break;
      }
      await setTimeout(TICK_MS, undefined, { ref: false });
    }
  }

  stop(): void {
    this.#queue.stop();
  }

  #close(call: ServiceCall, reason: string): void {
    const openMs = Math.round(monotonicNowMs() - this.#openedAtMs.get(call)!);
    this.#openedAtMs.delete(call);
    closed.publish({ streamId: call.stream.id, path: call.stream.path, reason, openMs });
  }
}

/** @param services read when asked for: a service may see those that come after it */
function hostOf(services: readonly GrpcService[], { serving, ...rest }: HostParts): ServiceHost {
  return {
    services,
    get isServing() {
      return serving.isServing;
    },
    get serviceNames() {
      return [...DISCOVERY_SERVICES, ...services.map(({ desc }) => desc.typeName)].sort();
    },
    ...rest,
    onServingChange: (listener) => serving.onChange(listener),
  };
}
