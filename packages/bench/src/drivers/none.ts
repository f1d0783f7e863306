import type { Driver } from "./driver.ts";

/** Changes nothing: the run observes what the server does by itself. */
export function noDriver(): Driver {
  const nothing = async () => {};
  return { atOnce: 0, setup: nothing, change: nothing, teardown: nothing };
}
