import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NO_FACTS, TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { applyChanges, emptySnapshot } from "../../src/cache/apply-changes.ts";
import { createResource } from "../../src/cache/create-resource.ts";
import { openStream, takeDeltaRequest, takeSnapshot, takeSotwRequest } from "../../src/protocol/client.ts";
import { type Client, openClient } from "../../src/protocol/client-state.ts";
import type { Mode } from "../../src/protocol/plan.ts";
import { DEFAULT_STAGE_OPTIONS } from "../../src/protocol/stage-options.ts";
import type { Sent } from "../../src/protocol/subscription.ts";
import { turn } from "../../src/protocol/turn.ts";
import { traitsOf } from "../../src/protocol/type-traits.ts";

const NAMES = ["a", "b", "c", "d"];
/** Well above the time that a client of this model takes to answer. */
const TTLS_MS = [undefined, 20_000, 20_000, 30_000, 100_000];
const MAX_ANSWER_MS = 2_000;
const BAD = 9;

/** A name's new content; `BAD` is rejected by the client. `undefined`: the name goes. */
interface Step {
  readonly name: string;
  readonly content: number | undefined;
  readonly ttlMs: number | undefined;
  readonly passMs: number;
  readonly answerMs: number;
}

const steps = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    content: fc.constantFrom(1, 2, 3, BAD, undefined),
    ttlMs: fc.constantFrom(...TTLS_MS),
    passMs: fc.constantFrom(0, 500, 7_000, 40_000),
    answerMs: fc.constantFrom(0, 300, MAX_ANSWER_MS),
  }),
  { maxLength: 12 },
);

describe("whatever is committed and rejected, nothing that a client took expires while it is connected (O3)", () => {
  for (const mode of ["sotw", "delta"] as const) {
    for (const typeUrl of [TYPE_URLS.cluster, TYPE_URLS.runtime]) {
      test(`${mode}, ${typeUrl.split(".").at(-1)}`, () => {
        fc.assert(
          fc.property(steps, (list) => {
            const model = new ExpiringClient(mode, typeUrl);
            for (const step of list) model.apply(step);
            model.pass(250_000);
          }),
          { numRuns: 150, ...(process.env.CI === "true" && { seed: 20_261_122 }) },
        );
      });
    }
  }
});

/** A client that holds what it took until it expires, and takes of a response that it rejects nothing. */
class ExpiringClient {
  private readonly mode: Mode;
  private readonly typeUrl: string;
  private readonly machine: Client;
  private nowMs = 0;
  private nonces = 0;
  private revision = 0;
  private answerMs = 0;
  private snapshot = emptySnapshot("g");
  private version = "";
  /** By name: the version, and until when. */
  private readonly held = new Map<string, { readonly version: string; readonly untilMs: number }>();
  private readonly answers: { readonly atMs: number; readonly sent: Sent; readonly isBad: boolean }[] = [];

  constructor(mode: Mode, typeUrl: string) {
    this.mode = mode;
    this.typeUrl = typeUrl;
    this.machine = openClient({
      options: DEFAULT_STAGE_OPTIONS,
      nonceFor: () => `n${String(++this.nonces).padStart(6, "0")}`,
      isKnownType: () => true,
      ttlModes: new Set<Mode>(["sotw", "delta"]),
      droppedLately: () => [],
    });
    openStream(this.machine, { id: 1, mode, isAggregated: true });
    takeSnapshot(this.machine, this.snapshot, 0);
    this.request({ names: traitsOf(typeUrl).hasLegacyWildcard ? [] : NAMES });
    this.turn();
  }

  apply({ name, content, ttlMs, passMs, answerMs }: Step): void {
    this.answerMs = answerMs;
    const { typeUrl } = this;
    const value = new Uint8Array([content ?? 0]);
    const upsert = content === undefined ? [] : [createResource({ typeUrl, name, value, ttlMs, facts: NO_FACTS })];
    const remove = content === undefined ? [{ typeUrl, name }] : [];
    this.snapshot = applyChanges(this.snapshot, { upsert, remove }, ++this.revision);
    takeSnapshot(this.machine, this.snapshot, this.nowMs);
    // What is gone can't be told there (W2): that it expires is the better.
    const gone = this.isPartial && content === undefined ? this.held.get(name) : undefined;
    if (gone) this.held.set(name, { ...gone, untilMs: Number.POSITIVE_INFINITY });
    this.turn();
    this.pass(passMs);
  }

  /** Time goes on from one event to the next: an answer of ours, or a time at which the machine wants to be woken. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [answer] = this.answers;
      const atMs = Math.min(
        answer?.atMs ?? Number.POSITIVE_INFINITY,
        this.machine.wakeAtMs ?? Number.POSITIVE_INFINITY,
      );
      if (atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      this.checkExpired();
      if (answer && answer.atMs <= this.nowMs) {
        this.answers.shift();
        this.answer(answer.sent, answer.isBad);
      }
      this.turn();
    }
    this.nowMs = endMs;
    this.checkExpired();
  }

  private checkExpired(): void {
    for (const [name, { untilMs }] of this.held) {
      assert.ok(untilMs > this.nowMs, `${name} expired at ${untilMs} ms, and was held until then`);
    }
  }

  private get isPartial(): boolean {
    return this.mode === "sotw" && !traitsOf(this.typeUrl).isFullState;
  }

  private turn(): void {
    for (const effect of turn(this.machine, this.nowMs)) if (effect.kind === "send") this.receive(effect.sent);
  }

  private receive(sent: Sent): void {
    const { plan } = sent;
    const isBad = plan.kind !== "heartbeat" && plan.resources.some(({ value }) => value[0] === BAD);
    this.answers.push({ atMs: this.nowMs + this.answerMs, sent, isBad });
    if (isBad) return;
    const isWhole = this.mode === "sotw" && traitsOf(this.typeUrl).isFullState;
    const told = new Set(plan.resources.map(({ name }) => name));
    for (const name of this.held.keys())
      if (plan.removed.includes(name) || (isWhole && !told.has(name))) this.held.delete(name);
    for (const { name, version, ttlMs } of plan.resources) {
      if (plan.kind !== "content")
        assert.equal(this.held.get(name)?.version, version, `a heartbeat for ${name}, which is not held so`);
      this.held.set(name, { version, untilMs: ttlMs === undefined ? Number.POSITIVE_INFINITY : this.nowMs + ttlMs });
    }
  }

  private answer({ nonce, plan }: Sent, isBad: boolean): void {
    if (!isBad) this.version = plan.version;
    this.request({ nonce, ...(isBad && { errorDetail: { code: 3, message: "bad" } }) });
  }

  private request({ names = [], ...rest }: { names?: readonly string[]; nonce?: string; errorDetail?: object }): void {
    const { typeUrl, machine, nowMs } = this;
    const nonce = rest.nonce ?? "";
    const errorDetail = rest.errorDetail as { code: number; message: string } | undefined;
    if (this.mode === "sotw") {
      const resourceNames = nonce === "" ? names : "same";
      takeSotwRequest(machine, 1, { typeUrl, versionInfo: this.version, nonce, resourceNames, errorDetail }, nowMs);
      return;
    }
    const delta = { unsubscribe: [], initialResourceVersions: new Map<string, string>() };
    takeDeltaRequest(machine, 1, { typeUrl, nonce, subscribe: names, ...delta, errorDetail }, nowMs);
  }
}
