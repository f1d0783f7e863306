import type { Connection, Stream, StreamHandlers, Transport } from "./transport.ts";

/** The connections of one generator: so many rows share each. */
export class Pool {
  private readonly transport: Transport;
  private readonly rowsEach: number;
  private readonly path: string;
  private readonly connections: (Connection | undefined)[] = [];

  constructor(transport: Transport, rowsEach: number, path: string) {
    this.transport = transport;
    this.rowsEach = Math.max(1, rowsEach);
    this.path = path;
  }

  /** Opens a stream of that row, on its connection: a new one where the last is gone. */
  openStream(row: number, handlers: StreamHandlers): Stream {
    const at = Math.floor(row / this.rowsEach);
    let connection = this.connections[at];
    if (connection === undefined || connection.isGone) {
      connection = this.transport.connect();
      this.connections[at] = connection;
    }
    return connection.open(this.path, handlers);
  }

  /** Numbers of the connections that there are. */
  present(): number[] {
    return [...this.connections.keys()].filter(
      (at) => this.connections[at] !== undefined && !this.connections[at].isGone,
    );
  }

  /** The rows on connection `at`, of `rows` in all. */
  rowsOf(at: number, rows: number): number[] {
    const first = at * this.rowsEach;
    return Array.from({ length: Math.min(this.rowsEach, rows - first) }, (_, offset) => first + offset);
  }

  cut(at: number): void {
    this.connections[at]?.cut();
    this.connections[at] = undefined;
  }

  close(): void {
    for (const at of this.connections.keys()) this.cut(at);
  }
}
