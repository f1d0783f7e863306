import assert from "node:assert/strict";
import type { GroupChanges } from "../../src/cache/apply-changes.ts";
import type { Resource } from "../../src/cache/resource.ts";
import type { Snapshot } from "../../src/cache/snapshot.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import {
  closeStream,
  openPolled,
  openStream,
  setCongested,
  takeDeltaRequest,
  takeSnapshot,
  takeSotwRequest,
} from "../../src/protocol/client.ts";
import {
  type Client,
  type Effect,
  isAtPace,
  openClient,
  returnDeadlineOf,
  returnEndOf,
  silenceDeadlineOf,
} from "../../src/protocol/client-state.ts";
import type { Interest } from "../../src/protocol/interest.ts";
import type { Mode } from "../../src/protocol/plan.ts";
import { losePollAnswer, takePoll } from "../../src/protocol/poll.ts";
import type { DeltaRequest, SotwRequest } from "../../src/protocol/request.ts";
import { DEFAULT_STAGE_OPTIONS, type StageOptions } from "../../src/protocol/stage-options.ts";
import type { Sent, Subscription } from "../../src/protocol/subscription.ts";
import { turn } from "../../src/protocol/turn.ts";
import { Group } from "../../src/server/group.ts";
import { InterestIndex } from "../../src/server/interest-index.ts";
import { ResponseFrames } from "../../src/server/response-frames.ts";
import { Ledger } from "./ledger.ts";
import { keyOf, resourceOf, URLS, type World } from "./world.ts";

/** A request of either protocol. */
export type ModelRequest =
  | { readonly mode: "sotw"; readonly request: SotwRequest }
  | { readonly mode: "delta"; readonly request: DeltaRequest };

/** What the server remembers of one of its streams, beside the machine. */
interface ServerStream {
  readonly id: number;
  readonly mode: Mode;
  readonly indexed: Map<string, Interest>;
}

const GROUP = "g";

function keyOfPoll({ typeUrl, resourceNames }: SotwRequest): string {
  return `${typeUrl} ${resourceNames === "same" ? "" : [...resourceNames].sort()}`;
}

/**
 * One client's machine between the real cache, group, interest index and frames, as the server puts them together, but
 * with a clock and a loop in the test's hands: a client is looked at only when {@link turn} is called.
 */
export class SimulatedServer {
  nowMs = 1_000_000;
  readonly options: StageOptions;
  readonly ledger = new Ledger();
  machine!: Client;
  world: World = new Map();
  /** It waits for its turn. */
  isDirty = false;
  /** The newest head that this client was switched to before it asked for clusters. */
  blindOrdinal = 0;
  /** A deadline has ended some silence, after which the safe order is promised no more. */
  hasDeadlineFired = false;
  private readonly send: (streamId: number, sent: Sent) => void;
  private readonly streams = new Map<number, ServerStream>();
  /** Subscriptions by polls, by type and names. */
  private readonly polled = new Map<string, number>();
  private lastPolledId = 0;
  private frames!: ResponseFrames;
  private cache!: SnapshotCache;
  private group!: Group;
  private interests!: InterestIndex<number>;
  private revision = 0;
  private firstDropAtMs = Number.POSITIVE_INFINITY;
  private waitsEndMs = Number.POSITIVE_INFINITY;

  constructor(options: Partial<StageOptions>, send: (streamId: number, sent: Sent) => void) {
    this.options = { ...DEFAULT_STAGE_OPTIONS, ...options };
    this.send = send;
    this.restart();
  }

  get snapshot(): Snapshot {
    return this.group.snapshot!;
  }

  /** The process starts anew with the same content. With its history it knows what was dropped lately. */
  restart(hasHistory = true): void {
    this.frames = new ResponseFrames("model");
    this.cache = new SnapshotCache();
    const { world } = this;
    const former = (hasHistory ? Object.values(URLS) : []).flatMap((typeUrl) =>
      [...(this.group?.droppedSince(typeUrl, this.nowMs - this.options.listenerDrainMs) ?? [])].map((resource) => ({
        resource,
        droppedAtMs: undefined,
      })),
    );
    this.world = new Map();
    this.group = new Group(GROUP, undefined, former);
    this.interests = new InterestIndex();
    this.forgetClient();
    this.commit(world);
    // A group always has a snapshot once its sources have loaded, if an empty one.
    if (!this.group.snapshot) this.group.take({ group: GROUP, revision: 0, types: new Map() }, undefined);
  }

  /** Something was dropped so long ago that who comes back is not kept from losing it (C9). */
  get hasForgotten(): boolean {
    return this.firstDropAtMs <= this.nowMs - this.options.listenerDrainMs;
  }

  /** The last stream of the client is gone, so that whoever comes back is new. */
  forgetClient(): void {
    assert.equal(this.streams.size, 0);
    this.machine = openClient({
      options: this.options,
      nonceFor: (plan, after) => this.frames.frameFor(plan, after).nonce,
      isKnownType: () => true,
      ttlModes: new Set<Mode>(["sotw", "delta"]),
      droppedLately: (typeUrl): Iterable<Resource> =>
        this.group.droppedSince(typeUrl, this.nowMs - this.options.listenerDrainMs),
    });
    this.isDirty = false;
    this.blindOrdinal = 0;
    this.waitsEndMs = Number.POSITIVE_INFINITY;
  }

  commit(world: World): void {
    const upsert = [...world.values()].map(resourceOf);
    const remove = [...this.world.values()].flatMap((spec) =>
      world.has(keyOf(spec)) ? [] : [{ typeUrl: URLS[spec.type], name: spec.name }],
    );
    this.world = world;
    if (remove.length > 0) this.firstDropAtMs = Math.min(this.firstDropAtMs, this.nowMs);
    for (const { typeUrl, name } of remove) this.ledger.drop(typeUrl, name);
    const changes: GroupChanges = { upsert, remove };
    const [snapshot] = this.cache.commit({ revision: ++this.revision, groups: new Map([[GROUP, changes]]) });
    if (!snapshot) return;
    const before = this.group.snapshot;
    this.group.take(snapshot, this.nowMs);
    this.interests.forEachInterested(before, snapshot, () => {
      this.isDirty = true;
    });
  }

  openStream(id: number, mode: Mode, isAggregated: boolean): void {
    this.streams.set(id, { id, mode, indexed: new Map() });
    openStream(this.machine, { id, mode, isAggregated });
  }

  /** What a poll is answered; `undefined`: nothing changed. Polls for the same names are one subscription, whoever sends them. */
  poll(request: SotwRequest): Sent | undefined {
    const { typeUrl, versionInfo, resourceNames } = request;
    const poll = { typeUrl, versionInfo, resourceNames: resourceNames === "same" ? [] : resourceNames };
    const id = this.polledStream(keyOfPoll(request));
    this.noteDeadlines();
    const effects = [...takeSnapshot(this.machine, this.snapshot, this.nowMs)];
    effects.push(...takePoll(this.machine, id, poll, this.nowMs));
    this.reindex(id, typeUrl);
    this.forget(effects);
    return effects.find((effect) => effect.kind === "send")?.sent;
  }

  /** The server has noticed that the answer to such a poll did not arrive. */
  loseAnswer(request: SotwRequest): void {
    const id = this.polled.get(keyOfPoll(request));
    if (id !== undefined) losePollAnswer(this.machine, id);
  }

  /** The process starts anew, and those who poll don't notice. */
  restartUnnoticed(hasHistory: boolean): void {
    this.streams.clear();
    this.polled.clear();
    this.restart(hasHistory);
  }

  private polledStream(key: string): number {
    const known = this.polled.get(key);
    if (known !== undefined) return known;
    const id = ++this.lastPolledId;
    this.polled.set(key, id);
    this.streams.set(id, { id, mode: "sotw", indexed: new Map() });
    openPolled(this.machine, id, this.nowMs);
    return id;
  }

  private forget(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "forgotten") continue;
      for (const [key, id] of this.polled) if (id === effect.streamId) this.polled.delete(key);
      for (const [typeUrl, interest] of this.streams.get(effect.streamId)!.indexed) {
        this.interests.move(effect.streamId, typeUrl, interest, undefined);
      }
      this.streams.delete(effect.streamId);
      if (this.streams.size === 0) this.forgetClient();
    }
  }

  closeStream(id: number): void {
    const stream = this.streams.get(id)!;
    for (const [typeUrl, interest] of stream.indexed) this.interests.move(id, typeUrl, interest, undefined);
    closeStream(this.machine, id, this.nowMs);
    this.ledger.closeStream(id);
    this.streams.delete(id);
    if (this.streams.size === 0) this.forgetClient();
    else this.isDirty = true;
  }

  take(streamId: number, { mode, request }: ModelRequest): void {
    const effects = [...takeSnapshot(this.machine, this.snapshot, this.nowMs)];
    this.ledger.takeRequest(streamId, { mode, request } as ModelRequest);
    if (mode === "sotw") effects.push(...takeSotwRequest(this.machine, streamId, request, this.nowMs));
    else effects.push(...takeDeltaRequest(this.machine, streamId, request, this.nowMs));
    this.reindex(streamId, request.typeUrl);
    this.perform(effects);
    this.isDirty = true;
  }

  setCongested(streamId: number, isCongested: boolean): void {
    setCongested(this.machine, streamId, isCongested);
    if (!isCongested) this.isDirty = true;
  }

  /** Looks at the client, as its turn or the time says. */
  turn(): void {
    this.isDirty = false;
    this.noteDeadlines();
    const effects = [...takeSnapshot(this.machine, this.snapshot, this.nowMs)];
    effects.push(...turn(this.machine, this.nowMs));
    const hasClusters = this.machine.types.some(({ typeUrl }) => typeUrl === URLS.cluster);
    if (!hasClusters) this.blindOrdinal = this.machine.switched?.ordinal ?? 0;
    this.perform(effects);
    this.forget(effects);
    this.waitsEndMs = this.nextEndOfWaits();
    const again = turn(this.machine, this.nowMs);
    assert.equal(
      again.filter(({ kind }) => kind === "send").length,
      0,
      "a second turn without an event sent something",
    );
  }

  /** Time passes, and the machine is woken if it asked for it. Nothing may happen that it did not ask to be woken for. */
  passTime(ms: number): void {
    const untilMs = this.nowMs + ms;
    if (!this.isDirty) {
      const wakeAtMs = this.machine.wakeAtMs ?? Number.POSITIVE_INFINITY;
      this.nowMs = Math.min(untilMs, wakeAtMs - 1);
      const effects = turn(this.machine, this.nowMs);
      assert.equal(effects.length, 0, "time alone changed something, and the machine had not asked to be woken for it");
      const againAtMs = this.machine.wakeAtMs ?? Number.POSITIVE_INFINITY;
      assert.ok(againAtMs >= wakeAtMs, "asked again, it wants to be woken earlier");
    }
    this.nowMs = untilMs;
    if ((this.machine.wakeAtMs ?? Number.POSITIVE_INFINITY) <= untilMs) this.isDirty = true;
  }

  private reindex(streamId: number, typeUrl: string): void {
    const stream = this.streams.get(streamId)!;
    const interest = this.machine.streams.get(streamId)!.subscriptions.get(typeUrl)!.interest;
    this.interests.move(streamId, typeUrl, stream.indexed.get(typeUrl), interest);
    stream.indexed.set(typeUrl, interest);
  }

  private perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "send") continue;
      const { streamId, sent } = effect;
      const { mode } = this.streams.get(streamId)!;
      const { answerPatienceMs } = this.options;
      const exists = (name: string) => this.snapshot.types.get(sent.plan.typeUrl)?.resources.has(name) === true;
      this.ledger.takeResponse(streamId, mode, sent, { nowMs: this.nowMs, answerPatienceMs, exists });
      this.send(streamId, sent);
    }
  }

  private noteDeadlines(): void {
    const { machine } = this;
    const silenceMs = silenceDeadlineOf(machine);
    const beforeMs = this.nowMs - silenceMs;
    const isOver = (sinceMs: number | undefined) => sinceMs !== undefined && sinceMs <= beforeMs;
    const { nowMs } = this;
    this.hasDeadlineFired ||= (machine.needs.nextEndMs(silenceMs) ?? nowMs + 1) <= nowMs;
    // A stream was waited for, and did not come back.
    for (const { sinceMs, isPolled } of machine.awaited.values())
      this.hasDeadlineFired ||= sinceMs + returnDeadlineOf(machine, isPolled) <= nowMs;
    for (const { reason, sinceMs } of machine.blocked.values()) {
      this.hasDeadlineFired ||= reason === "silent" && isOver(sinceMs);
    }
    for (const { subscriptions } of machine.types) {
      for (const { inFlight, waves } of subscriptions) {
        this.hasDeadlineFired ||= [...inFlight, ...waves].some(({ sentAtMs }) => isOver(sentAtMs));
      }
    }
    this.hasDeadlineFired ||= this.waitsEndMs <= nowMs;
  }

  /** Until when what came back is given time for its clusters, of that which has been ready to be sent for the longest. */
  private nextEndOfWaits(): number {
    const { machine } = this;
    const hasClusters = machine.types.some(({ typeUrl }) => typeUrl === URLS.cluster);
    const waiting = machine.types
      .filter(({ traits }) => traits.tier === "switch")
      .flatMap(({ subscriptions }) => subscriptions)
      .filter(({ isFresh, isDirty, inFlight }) => isFresh && isDirty && inFlight.length === 0);
    const endOf = (sub: Subscription) =>
      hasClusters ? returnEndOf(machine, sub) : machine.servedSinceMs! + returnDeadlineOf(machine, isAtPace(sub));
    return Math.min(...waiting.map(endOf));
  }
}
