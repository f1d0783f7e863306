// Writes to a store as fast as it acknowledges, and says so line by line, until it is killed: `node store-process.ts DIR|etcd://… WRITES`.
import { writeSync } from "node:fs";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openStore } from "../../../src/store/create-store.ts";
import { openEtcd } from "../../../src/store/etcd/open-etcd.ts";
import { parseEtcdUrl } from "../../../src/store/etcd/settings.ts";
import { sqliteLog } from "../../../src/store/sqlite/sqlite-log.ts";
import type { Change, StoreState } from "../../../src/store/store.ts";
import { entry } from "../resources.ts";
import type { Written } from "./rounds.ts";
import type { Line } from "./store-victim.ts";

const WRITERS = 8;
const [place = "", writes = "[]"] = process.argv.slice(2);
const from = new Map<string, number>(JSON.parse(writes));
const log = place.startsWith("etcd://") ? openEtcd(parseEtcdUrl(place)).log : sqliteLog(place);
const store = await openStore(log);

/** Synchronous: what is written here is in the pipe, and outlives the process. */
function say(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function heldIn(state: StoreState): (readonly [string, Written])[] {
  return [...state.groups.keys()].map((writer) => [writer, writtenIn(state, writer)]);
}

/** Of three resources that belong together, and a document: all are of one write. */
function writtenIn(state: StoreState, writer: string): Written {
  const { revision, types } = state.groups.get(writer)!;
  const clusters = [...types.get(TYPE_URLS.cluster)!.values()];
  const { value: n, revision: documentRevision } = state.documents.get(writer)!;
  const contents = clusters.map(({ resource }) => JSON.parse(new TextDecoder().decode(resource.value))[1]);
  if (clusters.length !== 3 || documentRevision !== revision || contents.some((content) => content !== `${n}`)) {
    throw new Error(`${writer} holds a part of a write: ${contents}, document ${n}`);
  }
  return { n: n as number, revision, version: clusters.map(({ resource }) => resource.version).join() };
}

async function write(writer: string): Promise<never> {
  for (let n = (from.get(writer) ?? 0) + 1; ; n++) {
    say({ kind: "begun", writer, n });
    const upsert = ["a", "b", "c"].map((name) => entry("api", name, `${n}`));
    const changes: Change[] = [
      { kind: "update", group: writer, owner: "api", upsert, remove: [] },
      { kind: "document", key: writer, value: n },
    ];
    const { state } = await store.commit(changes);
    say({ kind: "acknowledged", writer, written: writtenIn(state, writer) });
  }
}

say({ kind: "held", held: heldIn(store.state()) });
await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(`writer-${i}`)));
