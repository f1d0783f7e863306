import { BenchError } from "../errors.ts";
import type { Behaviour } from "../plan/plan.ts";
import type { Call, CallHandlers } from "./transport/call.ts";
import { type Connection, openConnection } from "./transport/connection.ts";
import type { Endpoint } from "./transport/endpoint.ts";

/**
 * The connections of one generator: so many rows share each. Those that read slowly or not at all have one of their own, since it
 * is the connection that is not read.
 */
export class Pool {
  /** Which connection a row's streams are on. */
  private readonly connectionOf: Int32Array;
  private readonly rows: number[][] = [];
  private readonly connections: (Connection | undefined)[] = [];
  private readonly endpoint: Endpoint;
  private readonly path: string;

  constructor(endpoint: Endpoint, path: string, behaviours: readonly Behaviour[], rowsEach: number) {
    this.endpoint = endpoint;
    this.path = path;
    this.connectionOf = new Int32Array(behaviours.length);
    let shared = -1;
    behaviours.forEach(({ kind }, row) => {
      const isAlone = kind === "stalled" || kind === "slow-reader";
      const hasRoom = shared >= 0 && this.rows[shared]!.length < rowsEach;
      const at = !isAlone && hasRoom ? shared : this.rows.push([]) - 1;
      if (!isAlone) shared = at;
      this.rows[at]!.push(row);
      this.connectionOf[row] = at;
    });
  }

  /**
   * Opens a stream of that row, on its connection: a new one where the last is gone.
   * @throws BenchError `bad-plan`: its PEM can't be understood
   */
  openStream(row: number, handlers: CallHandlers): Call {
    const at = this.connectionOf[row]!;
    let connection = this.connections[at];
    if (connection === undefined || connection.isDraining) {
      connection = this.connect();
      this.connections[at] = connection;
    }
    return connection.openStream(this.path, handlers);
  }

  private connect(): Connection {
    try {
      return openConnection(this.endpoint);
    } catch (cause) {
      const message = `target.tls: ${(cause as Error).message}: give PEM files with a certificate, its key and the server's CA`;
      throw new BenchError("bad-plan", message, { cause });
    }
  }

  /** Numbers of the connections that there are. */
  present(): number[] {
    return [...this.connections.keys()].filter((at) => this.connections[at]?.isEnded === false);
  }

  /** The rows whose streams are on connection `at`. */
  rowsOf(at: number): readonly number[] {
    return this.rows[at]!;
  }

  /** Cuts a connection off without a word; its calls end as closed by us. */
  cut(at: number): void {
    this.connections[at]?.cut();
    this.connections[at] = undefined;
  }

  close(): void {
    for (const connection of this.connections) connection?.close();
  }
}
