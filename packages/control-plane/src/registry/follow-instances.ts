import { diffMaps, emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Document, Store } from "../store/store.ts";
import type { Instance } from "./instance.ts";
import { instanceOfKey, readInstance } from "./instance-document.ts";

/** Instances that are told at once. */
const INSTANCES_PER_NEWS = 256;

/** An instance by name. */
export interface InstanceName {
  readonly service: string;
  readonly id: string;
}

/** What is new of instances. */
export interface InstanceNews {
  readonly instances: readonly Instance[];
  readonly removed: readonly InstanceName[];
  /** The revision that is told in full with this; `undefined`: more of it comes. */
  readonly revision: number | undefined;
}

/** Options of {@link followInstances}. */
export interface FollowOptions {
  /** `undefined`: all services. */
  readonly services: ReadonlySet<string> | undefined;
  /** The last revision that is known; `undefined`: none. */
  readonly after: number | undefined;
  /** Whether the reader has enough to read for now. It is to call {@link Following.goOn} when it has read on. */
  readonly isBusy: () => boolean;
  /** What came after {@link FollowOptions.after} is not remembered: all instances are told, and all others are gone. */
  readonly onReset: () => void;
  readonly onNews: (news: InstanceNews) => void;
}

/** A reader that is told of instances. */
export interface Following {
  /** Tells on, if there is something. */
  goOn(): void;
  close(): void;
}

/**
 * Tells the instances that there are, then what changes. A slow reader has no queue: it is told the newest state when it has read
 * on, by what differs from the state that it was told last.
 */
export function followInstances(store: Store, options: FollowOptions): Following {
  const { services, isBusy, onNews } = options;
  const isWanted = (key: string) => {
    const name = instanceOfKey(key);
    return name !== undefined && (services === undefined || services.has(name.service));
  };
  let told: PersistentMap<Document> = emptyMap();
  let telling: Iterator<InstanceNews> | undefined;
  let isOver = false;

  const next = (): Iterator<InstanceNews> | undefined => {
    const { documents, revision } = store.state();
    if (documents === told) return undefined;
    const keys: string[] = [];
    diffMaps(told, documents, (key) => {
      if (isWanted(key)) keys.push(key);
    });
    told = documents;
    return keys.length === 0 ? undefined : tell(keys, documents, revision);
  };
  const goOn = () => {
    while (!isOver && !isBusy()) {
      telling ??= next();
      const news = telling?.next();
      if (!news) return;
      if (news.done) telling = undefined;
      else onNews(news.value);
    }
  };

  const missed = options.after === undefined ? undefined : changedSince(store, options.after);
  if (options.after !== undefined && missed === undefined) options.onReset();
  const { documents, revision } = store.state();
  const keys = missed ?? documents.keys();
  told = documents;
  telling = tell([...Iterator.from(keys).filter(isWanted)], documents, revision);
  const stop = store.watch(revision, goOn);
  goOn();
  return {
    goOn,
    close() {
      isOver = true;
      stop();
    },
  };
}

function* tell(
  keys: readonly string[],
  documents: PersistentMap<Document>,
  revision: number,
): Generator<InstanceNews, undefined> {
  let at = 0;
  do {
    const instances: Instance[] = [];
    const removed: InstanceName[] = [];
    for (const key of keys.slice(at, at + INSTANCES_PER_NEWS)) {
      const document = documents.get(key);
      const instance = document && readInstance(document.value);
      if (instance) instances.push(instance);
      else removed.push(instanceOfKey(key)!);
    }
    at += INSTANCES_PER_NEWS;
    yield { instances, removed, revision: at >= keys.length ? revision : undefined };
  } while (at < keys.length);
}

/** Keys of the documents that changed after a revision; `undefined`: that is not remembered. */
function changedSince(store: Store, revision: number): ReadonlySet<string> | undefined {
  if (revision > store.state().revision) return undefined; // of another store
  const keys = new Set<string>();
  let isKnown = true;
  store.watch(revision, (event) => {
    if (event.kind === "state") isKnown = false;
    else for (const key of event.commit.documents) keys.add(key);
  })();
  return isKnown ? keys : undefined;
}
