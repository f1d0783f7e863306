import type { Resource } from "../../src/cache/resource.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import type { ModelClient, Network } from "./model-client.ts";
import { Mux } from "./mux.ts";
import { specOf, type TypeName, URLS } from "./world.ts";

const TYPES: readonly TypeName[] = ["listener", "routes", "cluster", "endpoints"];

/** A model of a gRPC client: it asks by name, for a listener, then its route, then its clusters, then their endpoints. */
export class GrpcClient implements ModelClient {
  readonly wakeAtMs = undefined;
  private readonly network: Network;
  private readonly byType = new Map<TypeName, Mux>();
  private readonly targets = new Set(["L0"]);

  constructor(network: Network) {
    this.network = network;
  }

  muxes(): Iterable<Mux> {
    return this.byType.values();
  }

  start(): void {
    const shared = this.network.isAggregated ? this.network.open() : undefined;
    for (const type of TYPES) {
      const streamId = shared ?? this.network.open();
      const push = (id: number, request: Parameters<Network["push"]>[1]) => this.network.push(id, request);
      this.byType.set(type, new Mux(URLS[type], this.network.mode, streamId, push));
    }
    this.update();
  }

  receive(streamId: number, sent: Sent, isVague: boolean): void {
    for (const mux of this.byType.values()) {
      if (mux.streamId !== streamId || mux.typeUrl !== sent.plan.typeUrl) continue;
      mux.take(sent, (resource) => specOf(resource).isBad === true, isVague);
    }
    this.update();
  }

  reconnect(streamId: number): void {
    if (this.network.isAggregated) {
      this.reconnectAll();
      return;
    }
    const mux = [...this.byType.values()].find((one) => one.streamId === streamId);
    if (!mux) return;
    this.network.close(streamId);
    mux.reconnect(this.network.open());
  }

  reconnectAll(): void {
    for (const streamId of new Set([...this.byType.values()].map((mux) => mux.streamId))) this.network.close(streamId);
    const shared = this.network.isAggregated ? this.network.open() : undefined;
    for (const mux of this.byType.values()) mux.reconnect(shared ?? this.network.open());
  }

  wake(): void {
    // Time changes nothing in it.
  }

  faults(): string[] {
    return [];
  }

  /** Another channel is opened to, or closed. */
  act(choice: number): void {
    const name = `L${choice % 3}`;
    if (!this.targets.delete(name)) this.targets.add(name);
    this.update();
  }

  private update(): void {
    this.want("listener", this.targets);
    this.want(
      "routes",
      this.named("listener", ({ rds }) => (rds === undefined ? [] : [rds])),
    );
    const inline = this.named("listener", ({ to }) => to ?? []);
    this.want("cluster", new Set([...inline, ...this.named("routes", ({ to }) => to ?? [])]));
    this.want(
      "endpoints",
      this.named("cluster", ({ eds }) => (eds === undefined ? [] : [eds])),
    );
  }

  private want(type: TypeName, names: ReadonlySet<string>): void {
    this.byType.get(type)!.want({ kind: "names", names: new Set(names) });
  }

  private named(type: TypeName, names: (spec: ReturnType<typeof specOf>) => readonly string[]): Set<string> {
    const held: Iterable<Resource> = this.byType.get(type)!.held.values();
    return new Set([...held].flatMap((resource) => names(specOf(resource))));
  }
}
