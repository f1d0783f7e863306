import type { Http2Limits } from "../../src/server/http2/limits.ts";
import type { Random } from "../support/random.ts";

/** Counts what happened, so that a report shows what the cases reached. */
export type Count = (outcome: string) => void;

/** One layer that is fuzzed: how its cases are made and played. */
export interface FuzzLayer {
  readonly name: LayerName;
  /** Cases of one batch, which shares one connection. */
  readonly casesPerBatch: number;
  /** Limits of the server that would keep most cases from getting in, and are tested elsewhere. */
  readonly limits: Partial<Http2Limits>;
  /** Plays one batch on a connection of its own. Throws where the server does what it must not. */
  play(port: number, random: Random, cases: number, count: Count): Promise<void>;
}

/** The layers, outermost first. */
export type LayerName = "http2" | "grpc" | "protobuf" | "services";
