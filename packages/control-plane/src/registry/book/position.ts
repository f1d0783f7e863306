/** Where in an instance's history a message belongs: orders all messages about it, without any clock. */
export interface Position {
  readonly incarnation: number;
  readonly sequence: number;
}

/** Positive if `a` is newer than `b`, 0 if they are the same. */
export function comparePositions(a: Position, b: Position): number {
  return a.incarnation - b.incarnation || a.sequence - b.sequence;
}
