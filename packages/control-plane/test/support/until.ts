import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds; fails with what it is after 20 s, which nothing here ever takes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
    await sleep(5);
  }
}
