/** A command that is bound to a CPU; `undefined`: to none. */
export function onCpu(cpu: string | undefined, command: readonly string[]): readonly string[] {
  return cpu === undefined ? command : ["taskset", "-c", cpu, ...command];
}
