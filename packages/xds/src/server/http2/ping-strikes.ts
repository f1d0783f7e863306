import type { Http2Limits } from "./limits.ts";

/**
 * gRPC's rule for a peer's PINGs: one that comes too soon after the last is a strike; when DATA or HEADERS are sent, all is
 * forgiven, since clients ping after what they receive to estimate bandwidth.
 */
export class PingStrikes {
  readonly #limits: Http2Limits;
  #strikes = 0;
  #lastPingMs: number | undefined;

  constructor(limits: Http2Limits) {
    this.#limits = limits;
  }

  /** Takes a PING; `true`: that was one too many. */
  take(nowMs: number): boolean {
    const { minPingIntervalMs, pingStrikes } = this.#limits;
    const isEarly = this.#lastPingMs !== undefined && nowMs - this.#lastPingMs < minPingIntervalMs;
    this.#lastPingMs = nowMs;
    if (isEarly) this.#strikes += 1;
    return this.#strikes >= pingStrikes;
  }

  /** DATA or HEADERS are sent. */
  forgive(): void {
    this.#strikes = 0;
    this.#lastPingMs = undefined;
  }
}
