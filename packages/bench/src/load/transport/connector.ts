import { type Connection, type ConnectionHandlers, openConnection } from "./connection.ts";
import type { ConnectionEnd } from "./connection-end.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectionOptions } from "./options.ts";
import { rememberLookups } from "./remember-lookups.ts";

/** How a {@link Connector} behaves. */
export interface ConnectorOptions extends Partial<ConnectionOptions> {
  /** Connections that may be on their way at once, from SYN to the server's SETTINGS. Default 256. */
  readonly atOnce?: number;
}

/** A connection that is to be opened. */
interface Waiting {
  readonly handlers: ConnectionHandlers;
  readonly use: ((connection: Connection) => void) | undefined;
}

/** Opens connections by the thousand: a bounded number at once, the others in their order; a name is looked up once. */
export class Connector {
  readonly #endpoint: Endpoint;
  readonly #options: Partial<ConnectionOptions>;
  readonly #atOnce: number;
  #waiting: Waiting[] = [];
  /** The next in `#waiting`: taking from the front of an array of 40,000 would copy it each time. */
  #next = 0;
  #underway = 0;

  constructor(endpoint: Endpoint, { atOnce = 256, ...options }: ConnectorOptions = {}) {
    this.#endpoint = endpoint;
    this.#options = { lookup: rememberLookups(), ...options };
    this.#atOnce = atOnce;
  }

  /** Connections that wait to be begun. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Connections that are begun and not ready. */
  get underway(): number {
    return this.#underway;
  }

  /**
   * Opens a connection as soon as it may; `use` then gets it at once, to open its streams.
   * @throws when a certificate, key or CA of the endpoint cannot be read and nothing waits
   */
  open(handlers: ConnectionHandlers, use?: (connection: Connection) => void): void {
    this.#waiting.push({ handlers, use });
    this.#openNext();
  }

  /** Forgets what waits; what is underway goes on. */
  stop(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  /** Not for others: a connection is ready, or failed. */
  release(): void {
    this.#underway -= 1;
    this.#openNext();
  }

  #openNext(): void {
    while (this.#underway < this.#atOnce && this.#next < this.#waiting.length) {
      const { handlers, use } = this.#waiting[this.#next++]!;
      if (this.#next === this.#waiting.length) this.stop();
      this.#underway += 1;
      const connection = openConnection(this.#endpoint, new Underway(this, handlers), this.#options);
      use?.(connection);
    }
  }
}

/** Tells the connector, once, when a connection is no longer on its way. */
class Underway implements ConnectionHandlers {
  #connector: Connector | undefined;
  readonly #handlers: ConnectionHandlers;

  constructor(connector: Connector, handlers: ConnectionHandlers) {
    this.#connector = connector;
    this.#handlers = handlers;
  }

  onReady(connection: Connection): void {
    this.#release();
    this.#handlers.onReady?.(connection);
  }

  onEnd(end: ConnectionEnd, connection: Connection): void {
    this.#release();
    this.#handlers.onEnd?.(end, connection);
  }

  #release(): void {
    const connector = this.#connector;
    this.#connector = undefined;
    connector?.release();
  }
}
