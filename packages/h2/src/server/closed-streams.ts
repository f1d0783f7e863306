/** How many streams are remembered: what crosses a reset comes soon after it. */
const remembered = 64;

/** Streams that closed lately, and whether they were reset from here: what still comes for those is not the peer's fault. */
export class ClosedStreams {
  /** Ids, the oldest first; negative: reset from here. */
  readonly #ids: number[] = [];

  add(streamId: number, isResetFromHere: boolean): void {
    if (this.#ids.length === remembered) this.#ids.shift();
    this.#ids.push(isResetFromHere ? -streamId : streamId);
  }

  /** @returns `undefined` for a stream that was never open, or closed long ago */
  find(streamId: number): "reset-from-here" | "ended" | undefined {
    if (this.#ids.includes(-streamId)) return "reset-from-here";
    return this.#ids.includes(streamId) ? "ended" : undefined;
  }
}
