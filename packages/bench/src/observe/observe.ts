import type { ObservedServer } from "../plan/plan.ts";
import type { Observer } from "./observer.ts";
import { observeProcess } from "./proc.ts";
import { observePrometheus } from "./prometheus.ts";

/**
 * The observer that the plan asks for, after a first look; a process id goes before a URL. `undefined`: nobody asked.
 *
 * @throws BenchError `bad-plan`, `target-unreachable`
 */
export async function observe({ pid, prometheusUrl }: ObservedServer): Promise<Observer | undefined> {
  if (pid !== undefined) return observeProcess(pid);
  return prometheusUrl === undefined ? undefined : observePrometheus(prometheusUrl);
}
