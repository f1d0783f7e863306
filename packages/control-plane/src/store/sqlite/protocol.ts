import type { ErrorCode } from "../../errors.ts";
import type { EncodedRecord, RecordRange } from "./database.ts";

/** What the thread that has the file is asked. */
export type Question =
  /** Answer: the newest record's revision. */
  | { readonly kind: "open" }
  /** Answer: whether they were appended. */
  | { readonly kind: "append"; readonly records: readonly EncodedRecord[]; readonly after: number }
  | { readonly kind: "records"; readonly range: RecordRange }
  | { readonly kind: "checkpoint"; readonly revision: number }
  | { readonly kind: "checkpoint-part"; readonly revision: number; readonly part: number; readonly bytes: Uint8Array }
  | { readonly kind: "checkpoint-complete"; readonly revision: number }
  | { readonly kind: "close" };

/** A question with the number that its answer has. */
export interface Request {
  readonly id: number;
  readonly question: Question;
}

/** What became of a question. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly code: ErrorCode; readonly message: string };
