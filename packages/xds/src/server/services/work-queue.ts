/** Work in steps. */
export interface Task {
  /** Does one step; `false`: that was the last. Must not throw. */
  step(): boolean;
}

/** How long one slice of work may take, ms: what waits on the loop meanwhile waits no longer. */
const SLICE_MS = 5;

/** Takes the steps of many tasks by turns, in time slices that leave the event loop free. A task waits here once. */
export class WorkQueue {
  readonly #tasks = new Set<Task>();
  #slice: NodeJS.Immediate | undefined;

  add(task: Task): void {
    this.#tasks.add(task);
    this.#slice ??= setImmediate(this.#runSlice);
  }

  remove(task: Task): void {
    this.#tasks.delete(task);
  }

  stop(): void {
    this.#tasks.clear();
    if (this.#slice) clearImmediate(this.#slice);
  }

  readonly #runSlice = (): void => {
    this.#slice = undefined;
    const endsAt = performance.now() + SLICE_MS;
    // A set is walked in the order of adding, what is added meanwhile included: whoever has more to do goes to its end.
    for (const task of this.#tasks) {
      this.#tasks.delete(task);
      if (task.step()) this.#tasks.add(task);
      if (performance.now() >= endsAt) break;
    }
    if (this.#tasks.size > 0) this.#slice ??= setImmediate(this.#runSlice);
  };
}
