import type { Document, StoreEvent, StoreState } from "../store/store.ts";
import type { Book } from "./book/book.ts";
import { instanceOfKey, readInstance } from "./instance-document.ts";
import type { KeptServices } from "./kept-services.ts";

/** Takes up what the store tells of documents. */
export interface DocumentLearner {
  /** All that there is, and nothing else. */
  state(state: StoreState): void;
  event(event: StoreEvent): void;
}

/** @param book what is told of instances and who adopted them */
export function createDocumentLearner(book: Book, kept: KeptServices): DocumentLearner {
  const learn = (key: string, document: Document | undefined, nowMs: number) => {
    const revision = document?.revision ?? 0;
    const instance = instanceOfKey(key);
    if (instance) {
      const value = document && readInstance(document.value);
      return book.stored(instance.service, instance.id, value, revision, nowMs);
    }
    const [kind, name] = key.split("/", 2);
    if (kind === "adoptions") book.adopted(name!, document?.value, revision, nowMs);
    if (kind === "services") kept.learn(name!, document !== undefined);
  };

  const learnState = ({ documents }: StoreState) => {
    const nowMs = performance.now();
    // Adoptions first, since they say who owns the others.
    for (const [key, document] of documents) if (key.startsWith("adoptions/")) learn(key, document, nowMs);
    for (const [key, document] of documents) if (!key.startsWith("adoptions/")) learn(key, document, nowMs);
    for (const name of [...kept.names]) if (!documents.has(`services/${name}`)) kept.learn(name, false);
    for (const key of [...book.documentKeys()]) if (!documents.has(key)) learn(key, undefined, nowMs);
  };

  return {
    state: learnState,
    event(event) {
      if (event.kind === "state") return learnState(event.state);
      const { documents, state } = event.commit;
      const nowMs = performance.now();
      for (const key of documents) learn(key, state.documents.get(key), nowMs);
    },
  };
}
