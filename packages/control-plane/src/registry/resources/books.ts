import { diffMaps, emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Document } from "../../store/store.ts";
import { type EncodeEndpoint, readEndpoint } from "./endpoint.ts";
import { emptyBook, isEmptyBook, type ServiceBook, withEndpoint } from "./service-book.ts";

/** All services by name. */
export type Books = PersistentMap<ServiceBook>;

/**
 * Makes a function that reads the services in documents. Pure, but remembers what it made of each set of documents: what
 * differs from the ones `before` is looked at, and no more.
 */
export function bookKeeper(
  encode: EncodeEndpoint,
): (documents: PersistentMap<Document>, before?: PersistentMap<Document>) => Books {
  const known = new WeakMap<PersistentMap<Document>, Books>();
  return (documents, before = emptyMap()) => {
    const found = known.get(documents);
    if (found) return found;
    const from = known.get(before);
    let books = from ?? emptyMap<ServiceBook>();
    diffMaps(from ? before : emptyMap<Document>(), documents, (key, old, now) => {
      const subject = subjectOf(key);
      if (!subject) return;
      const book = books.get(subject.service) ?? emptyBook(subject.service);
      const next =
        subject.kind === "service"
          ? { ...book, settings: now?.value }
          : withEndpoint(book, readEndpoint(old?.value), readEndpoint(now?.value), encode);
      books = isEmptyBook(next) ? books.delete(subject.service) : books.set(subject.service, next);
    });
    known.set(documents, books);
    return books;
  };
}

interface Subject {
  readonly kind: "service" | "instance";
  readonly service: string;
}

/** What a document of that key is about, if it is about a service. */
function subjectOf(key: string): Subject | undefined {
  const [kind, service] = key.split("/", 2);
  if (!service) return undefined;
  if (kind === "instances") return { kind: "instance", service };
  return kind === "services" ? { kind: "service", service } : undefined;
}
