import type { Sent } from "../../src/protocol/subscription.ts";
import type { ModelClient, Network } from "./model-client.ts";
import { Mux } from "./mux.ts";
import { specOf, type TypeName, URLS } from "./world.ts";

const TYPES: readonly TypeName[] = ["cluster", "listener", "endpoints", "routes", "secret", "other"];
const NAMES: Readonly<Record<TypeName, readonly string[]>> = {
  cluster: ["A", "B", "C"],
  listener: ["L0", "L1", "L2"],
  endpoints: ["A", "B", "S"],
  routes: ["R0", "R1", "R2"],
  secret: ["s0", "s1", "s2"],
  other: ["o0", "o1", "o2"],
};

/** A client that wants and drops whatever names of whatever type it likes, in any order. */
export class FreeClient implements ModelClient {
  readonly wakeAtMs = undefined;
  private readonly network: Network;
  private readonly byType = new Map<TypeName, Mux>();

  constructor(network: Network) {
    this.network = network;
  }

  muxes(): Iterable<Mux> {
    return this.byType.values();
  }

  start(): void {
    const shared = this.network.isAggregated ? this.network.open() : undefined;
    for (const type of TYPES) {
      const push = (id: number, request: Parameters<Network["push"]>[1]) => this.network.push(id, request);
      this.byType.set(type, new Mux(URLS[type], this.network.mode, shared ?? this.network.open(), push));
    }
  }

  receive(streamId: number, sent: Sent, isVague: boolean): void {
    for (const mux of this.byType.values()) {
      if (mux.streamId !== streamId || mux.typeUrl !== sent.plan.typeUrl) continue;
      mux.take(sent, (resource) => specOf(resource).isBad === true, isVague);
    }
  }

  reconnect(streamId: number): void {
    if (this.network.isAggregated) {
      this.reconnectAll();
      return;
    }
    const mux = [...this.byType.values()].find((one) => one.streamId === streamId)!;
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

  /** One of the types is wanted by another set of names, or altogether. */
  act(choice: number): void {
    const type = TYPES[choice % TYPES.length]!;
    const rest = Math.floor(choice / TYPES.length);
    const mux = this.byType.get(type)!;
    const hasLegacyWildcard = type === "cluster" || type === "listener" || type === "other";
    if (!mux.isOpened && hasLegacyWildcard && rest % 9 === 8) {
      mux.want({ kind: "wildcard" });
      return;
    }
    const names = NAMES[type].filter((_, index) => (rest >> index) & 1);
    if (rest & 8) names.push("*");
    // No names at all would still be everything, where none was ever named (protocol.md W6).
    if (mux.wanted.kind === "wildcard" && names.length === 0) return;
    mux.want({ kind: "names", names: new Set(names) });
  }
}
