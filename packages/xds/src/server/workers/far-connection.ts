import type { Connection } from "../transport.ts";
import type { ConnectionHead } from "./records.ts";

/** What a connection may use beyond the edge's limits. */
export type Allowance = Parameters<Connection["allow"]>[0];

/** A connection that another thread holds, for as long as it has a call. */
export class FarConnection implements Connection {
  readonly id: number;
  readonly peer: string;
  readonly sans: readonly string[];
  /** Open calls and requests. */
  calls = 0;
  readonly #tell: (allowed: Allowance) => void;
  #queuedBytes = 0;
  #messageBytes = 0;

  /**
   * @param id unique in this process
   * @param tell passes on what is allowed
   */
  constructor(id: number, { peer = "unknown", sans = [] }: ConnectionHead, tell: (allowed: Allowance) => void) {
    this.id = id;
    this.peer = peer;
    this.sans = sans;
    this.#tell = tell;
  }

  allow({ queuedBytes = 0, messageBytes = 0 }: Allowance): void {
    if (queuedBytes <= this.#queuedBytes && messageBytes <= this.#messageBytes) return;
    this.#queuedBytes = Math.max(queuedBytes, this.#queuedBytes);
    this.#messageBytes = Math.max(messageBytes, this.#messageBytes);
    this.#tell({ queuedBytes: this.#queuedBytes, messageBytes: this.#messageBytes });
  }
}
