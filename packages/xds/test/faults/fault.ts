/** A defect of one line, to show that a requirement has a test that dies of it. */
export interface Fault {
  /** The requirement of protocol.md that it violates. */
  readonly id: string;
  /** What is then the case, in a sentence. */
  readonly says: string;
  /** In `src`. */
  readonly file: string;
  /** Found exactly once in that file. */
  readonly find: string;
  readonly replace: string;
}

/** The source with its fault. @throws Error if the place is not found, or more than once */
export function seed(fault: Fault, source: string): string {
  const parts = source.split(fault.find);
  if (parts.length === 2) return parts.join(fault.replace);
  const found = `${parts.length - 1} times`;
  throw new Error(`the fault of ${fault.id}, "${fault.says}", is found ${found} in ${fault.file}: mend it`);
}
