import type { Mode } from "../../src/protocol/plan.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import type { Mux } from "./mux.ts";
import type { ModelRequest } from "./simulated-server.ts";

/** How a model client reaches the server: every stream is a queue in each direction, and the test moves them. */
export interface Network {
  readonly mode: Mode;
  /** ADS; else a stream per type, and for endpoints and routes one per subscription, as Envoy does it. */
  readonly isAggregated: boolean;
  readonly nowMs: number;
  /** Opens a stream of the client; its id. */
  open(): number;
  close(streamId: number): void;
  /** Whether the server did not know, when it decided to send that, that this client asks for clusters. */
  isBlind(sent: Sent): boolean;
  push(streamId: number, request: ModelRequest): void;
}

/** A client of the model. */
export interface ModelClient {
  /** Every subscription, each on its stream. */
  muxes(): Iterable<Mux>;
  /** Opens its streams. */
  start(): void;
  /** A response arrived; `isVague`: it is rejected as a whole, without saying what is wrong. */
  receive(streamId: number, sent: Sent, isVague: boolean): void;
  /** A stream broke: it opens another. */
  reconnect(streamId: number): void;
  /** All streams broke, and are there again. */
  reconnectAll(): void;
  /** When time alone changes something in it, ms; `undefined`: never. */
  readonly wakeAtMs: number | undefined;
  /** Does what the time says. */
  wake(): void;
  /** What it uses and does not have: a route without its cluster. Empty, if all is well. */
  faults(): string[];
  /** Does something of its own accord, chosen by a number. */
  act(choice: number): void;
}
