import type { Result } from "./results/result.ts";

/**
 * What may go wrong before or in a run. Closed: a code is never reused.
 *
 * - `bad-plan`: the plan or the flags say something that can't be; exit code 104.
 * - `target-unreachable`, `target-refused`, `target-protocol`: nobody listens, the server ends streams, or speaks something else; 1.
 * - `driver-failed`: the server under test could not be changed; 1.
 * - `generator-failed`: a generator process ended or ran out of descriptors or memory; 1.
 * - `result-unreadable`: a file is no result of ours, or of a version we don't know; 2.
 * - `aborted`: SIGINT or SIGTERM; 105.
 */
export type BenchErrorCode =
  | "bad-plan"
  | "target-unreachable"
  | "target-refused"
  | "target-protocol"
  | "driver-failed"
  | "generator-failed"
  | "result-unreadable"
  | "aborted";

/** The one error class of this package: the message names the place and the mend. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;
  /** What was measured before, where the run had begun: its verdict is `invalid`, with this message as a reason. */
  readonly partial: Result | undefined;

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions & { readonly partial?: Result }) {
    super(message, options);
    this.code = code;
    this.partial = options?.partial;
  }
}
