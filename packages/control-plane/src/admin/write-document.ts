import type { z } from "zod";
import { compareStates } from "../history/compare-states.ts";
import { applyChanges } from "../store/apply.ts";
import type { Document, Json } from "../store/store.ts";
import type { AdminContext } from "./context.ts";
import type { DocumentQuery, Written } from "./schemas/services.ts";
import { showStateDifferences } from "./show-state-differences.ts";

/** Differences told, at most. */
const MAX_SHOWN = 1_000;

/** A document that people write, and what it is to hold. */
export interface DocumentWrite {
  readonly key: string;
  /** `undefined`: it is to be taken away. */
  readonly value: Json | undefined;
  readonly query: z.output<typeof DocumentQuery>;
  /** Throws if it must not be written over what is there. Default: it may. */
  readonly judge?: (present: Document | undefined) => void;
}

/** Writes a document; with `dryRun` it tells what that would change of documents and resources, and changes nothing. */
export async function writeDocument(
  { store, types }: Pick<AdminContext, "store" | "types">,
  { key, value, query: { dryRun, author, reason }, judge }: DocumentWrite,
): Promise<z.infer<typeof Written>> {
  const change = { kind: "document", key, value } as const;
  if (dryRun === "true") {
    const before = store.state();
    judge?.(before.documents.get(key));
    const { state: after } = applyChanges(before, [change], before.revision + 1, store.derive);
    const { counts, differences } = showStateDifferences(types.schema(), compareStates(before, after), {
      limit: MAX_SHOWN,
    });
    return { revision: before.revision, changed: after.revision !== before.revision, counts, differences };
  }
  const { revision, changed } = await store.commit(
    ({ documents }) => {
      judge?.(documents.get(key));
      return [change];
    },
    { author, reason },
  );
  return { revision, changed };
}
