import assert from "node:assert/strict";
import { emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Answer, Book, Verdict, Write } from "../../src/registry/book/book.ts";
import { createBook } from "../../src/registry/book/create-book.ts";
import { instanceOfKey, readInstance } from "../../src/registry/instance-document.ts";
import { DEFAULT_REGISTRY_LIMITS, type RegistryLimits } from "../../src/registry/limits.ts";
import { applyDocuments } from "../../src/store/apply-documents.ts";
import type { Document, DocumentChange } from "../../src/store/store.ts";
import { registrationOf } from "./registry.ts";

/** Time between two looks of a replica at its clock. */
const STEP_MS = 100;

/** A replica in a transcript. */
interface Replica {
  readonly name: string;
  readonly book: Book;
  /** Whether it reaches the store. */
  isCut: boolean;
  /** Commits that it has not heard of. */
  readonly missed: (() => void)[];
  /** What it writes, while the store is slow. */
  writing: readonly Write[];
}

/** A registry of several replicas, told as lines of text. */
export interface Transcript {
  /** Does what the lines say and returns them with what came of each, which begins with `< `. */
  run(text: string): string;
  book(name: string): Book;
}

/**
 * Replicas of a registry, on one store, by lines:
 *
 * - `b: …` the line is of replica b; without it, of a
 * - `register p-1 1.2 port=81 ttl=300 status=DOWN`: incarnation 1, sequence 2
 * - `beat p-1 1.3`, `beat p-1` (nothing said), `beats p-1 p-2`, `deregister p-1 1.4`, `accept s`
 * - `after 500`: time goes on in small steps; `stall 500`: in one
 * - `members a b`: who is there, to all that are not cut off
 * - `store slow`: what is to be written stays under way until `store fast`; `store gone`, `store back`
 * - `cut b`, `heal b`: from the store and so from the list of replicas
 * - `forward`: heartbeats are passed on; `forward fails`
 */
export function createTranscript(names: readonly string[], limits: Partial<RegistryLimits> = {}): Transcript {
  let nowMs = 0;
  let revision = 0;
  let documents: PersistentMap<Document> = emptyMap();
  let store: "fast" | "slow" | "gone" = "fast";
  let lines: string[] = [];
  let asked = 0;
  const isAlone = names.length === 1;
  const say = (of: Replica, text: string) => lines.push(isAlone ? `< ${text}` : `< ${of.name}: ${text}`);

  const replicas = new Map(
    names.map((name): [string, Replica] => {
      const settings = { ...DEFAULT_REGISTRY_LIMITS, removeAfterMs: 1_000, adoptAfterMs: 500, ...limits };
      const replica: Replica = {
        name,
        isCut: false,
        missed: [],
        writing: [],
        book: createBook({
          self: name,
          limits: settings,
          nowMs,
          tell: ({ about, message }) => {
            const what = about.slice("fairlead:registry:".length);
            const { service, id, change, ...rest } = message as Record<string, unknown>;
            if (what === "instance") say(replica, `${id} ${change}`);
            else say(replica, [what, service, ...Object.values(rest)].filter((part) => part !== undefined).join(" "));
          },
        }),
      };
      return [name, replica];
    }),
  );
  const all = [...replicas.values()];
  for (const { book } of all) book.members(new Set(names));

  const tell = (replica: Replica, keys: Iterable<string>, state: PersistentMap<Document>) => {
    for (const key of keys) {
      const document = state.get(key);
      const of = instanceOfKey(key);
      if (of) {
        const instance = document && readInstance(document.value);
        replica.book.stored(of.service, of.id, instance, document?.revision ?? 0, nowMs);
      } else replica.book.adopted(key.split("/")[1]!, document?.value, document?.revision ?? 0, nowMs);
    }
  };

  const commit = (by: Replica, writes: readonly Write[]) => {
    const changes = writes.map(({ change }) => change);
    if (store === "gone" || by.isCut) {
      for (const change of changes) say(by, `fails to ${textOf(change)}`);
      return answer(by, by.book.settle(writes, { kind: "failed" }, nowMs, nowMs));
    }
    const applied = applyDocuments(documents, changes, revision + 1);
    if (applied.touched.size > 0) revision++;
    for (const change of changes) {
      const isPassedOver = applied.passedOver.includes(change.key);
      say(by, `${isPassedOver ? "too late to " : ""}${textOf(change)}`);
    }
    const { touched, passedOver, documents: state } = applied;
    documents = state;
    for (const replica of all) {
      const hear = () => tell(replica, touched, state);
      if (replica.isCut) replica.missed.push(hear);
      else hear();
    }
    answer(by, by.book.settle(writes, { kind: "made", passedOver: new Set(passedOver) }, nowMs, nowMs));
  };

  const write = (replica: Replica) => {
    for (let round = 0; round < 10; round++) {
      if (replica.writing.length === 0) replica.writing = replica.book.takeWrites(100);
      if (replica.writing.length === 0 || store === "slow") return;
      const writes = replica.writing;
      replica.writing = [];
      commit(replica, writes);
    }
    assert.fail("writing comes to no end");
  };

  const answer = (of: Replica, answers: readonly Answer[]) => {
    for (const { asker, result } of answers) {
      const { name } = asker as { readonly name: string };
      say(of, `${name}: ${result.kind === "refused" ? result.result : result.kind}`);
    }
  };

  const verdict = (of: Replica, verdict: Verdict) => {
    if (verdict.kind !== "waiting") say(of, verdict.kind === "refused" ? verdict.result : verdict.kind);
  };

  const commands: Record<string, (replica: Replica, ...args: string[]) => void> = {
    register(replica, id, ...rest) {
      const [position] = rest.filter((part) => !part.includes("="));
      const fields = fieldsOf(rest.filter((part) => part.includes("=")));
      const said = registrationOf({ service: "s", ...keyOf(id!, position), ...fields });
      verdict(replica, replica.book.register(said, { name: `#${++asked}` }, nowMs, nowMs));
    },
    deregister(replica, id, position) {
      const said = { service: "s", ...keyOf(id!, position) };
      verdict(replica, replica.book.deregister(said, { name: `#${++asked}` }, nowMs));
    },
    beat(replica, id, position) {
      say(replica, replica.book.heartbeat({ service: "s", ...keyOf(id!, position) }, nowMs));
    },
    beats(replica, ...ids) {
      for (const id of ids) replica.book.heartbeat({ service: "s", ...keyOf(id) }, nowMs);
    },
    accept: (replica, service) => say(replica, `${replica.book.acceptLoss(service!, nowMs)} gone`),
    after(_, ms) {
      for (const endMs = nowMs + Number(ms); nowMs < endMs; ) {
        nowMs = Math.min(nowMs + STEP_MS, endMs);
        for (const replica of all) {
          replica.book.advance(nowMs);
          write(replica);
        }
      }
    },
    stall(replica, ms) {
      nowMs += Number(ms);
      replica.book.advance(nowMs);
    },
    members(_, ...live) {
      for (const { book, isCut, name } of all) {
        if (!isCut) book.members(new Set(live));
        else book.members(new Set(live.filter((other) => other !== name)));
      }
    },
    store(_, how) {
      store = how === "slow" || how === "gone" ? how : "fast";
    },
    cut: (_, name) => {
      replicas.get(name!)!.isCut = true;
    },
    heal(_, name) {
      const replica = replicas.get(name!)!;
      replica.isCut = false;
      for (const hear of replica.missed.splice(0)) hear();
    },
    forward(replica, fails) {
      for (const forwarding of replica.book.takeForwardings(() => false)) {
        const { owner, keys } = forwarding;
        say(replica, `to ${owner}: ${keys.map(({ id, incarnation, sequence }) => `${id} ${incarnation}.${sequence}`)}`);
        if (fails) replica.book.notForwarded(forwarding, fails === "again", nowMs);
        else for (const key of keys) replicas.get(owner)!.book.heartbeat(key, nowMs, true);
      }
    },
  };

  return {
    run(text) {
      lines = [];
      for (const line of text.split("\n").map((line) => line.trim())) {
        if (line === "" || line.startsWith("<")) continue;
        lines.push(line);
        const [, name = names[0]!, rest = ""] = /^(?:(\w+): )?(.*)$/.exec(line)!;
        const [verb = "", ...args] = rest.split(/ +/);
        const command = commands[verb];
        assert.ok(command, `no such line: ${line}`);
        command(replicas.get(name)!, ...args);
        for (const replica of all) write(replica);
      }
      return lines.join("\n");
    },
    book: (name) => replicas.get(name)!.book,
  };
}

/** Runs a transcript and compares what comes of it with what it says. */
export function follow(transcript: Transcript, text: string): void {
  const expected = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  assert.equal(transcript.run(text), expected.join("\n"));
}

function keyOf(id: string, position = "0.0") {
  const [incarnation, sequence] = position.split(".").map(Number);
  return { id, incarnation: incarnation!, sequence: sequence ?? 0 };
}

function fieldsOf(fields: readonly string[]) {
  const names: Record<string, string> = { ttl: "ttlMs" };
  return Object.fromEntries(
    fields.map((field) => {
      const [name = "", value = ""] = field.split("=");
      return [names[name] ?? name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

function textOf({ key, value }: DocumentChange): string {
  const of = instanceOfKey(key);
  if (!of) return `adopt ${key.split("/")[1]}`;
  const instance = value === undefined ? undefined : readInstance(value);
  if (!instance) return `remove ${of.id}`;
  const { incarnation, sequence, port, status, isHealthy, owner } = instance;
  const health = isHealthy ? status : "unhealthy";
  return `put ${of.id} ${incarnation}.${sequence} :${port} ${health} of ${owner}`;
}
