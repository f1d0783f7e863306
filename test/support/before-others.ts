import { setPriority } from "node:os";

/**
 * Lets this process go before others where the machine allows it (root): what measures, and what is measured against,
 * must not be what a busy machine starves. Elsewhere it changes nothing.
 */
export function beforeOthers(): void {
  try {
    setPriority(-10);
  } catch {
    // Not root: the test is as good, if the machine is not busy.
  }
}
