import type { Http2Limits } from "./limits.ts";

/** What a {@link Keepalive} asks for. */
export type KeepaliveVerdict = "fine" | "ping" | "dead";

/** Watches one peer: after silence it is sent a PING, and any byte of it is an answer. */
export class Keepalive {
  readonly #limits: Http2Limits;
  #bytesRead = 0;
  #lastReadMs: number;
  #pingSentMs: number | undefined;

  constructor(limits: Http2Limits, nowMs: number) {
    this.#limits = limits;
    this.#lastReadMs = nowMs;
  }

  /** @param bytesRead all bytes ever read from the peer: that they grow costs nothing to see */
  judge(bytesRead: number, nowMs: number): KeepaliveVerdict {
    const { keepaliveIdleMs, keepaliveTimeoutMs } = this.#limits;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#lastReadMs = nowMs;
      this.#pingSentMs = undefined;
      return "fine";
    }
    if (this.#pingSentMs !== undefined) return nowMs - this.#pingSentMs > keepaliveTimeoutMs ? "dead" : "fine";
    if (keepaliveIdleMs === 0 || nowMs - this.#lastReadMs < keepaliveIdleMs) return "fine";
    this.#pingSentMs = nowMs;
    return "ping";
  }
}
