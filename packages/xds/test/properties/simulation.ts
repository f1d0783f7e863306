import assert from "node:assert/strict";
import type { Mode } from "../../src/protocol/plan.ts";
import { keepsUnknown, type Sent } from "../../src/protocol/subscription.ts";
import { describeEvent, type Event } from "./events.ts";
import type { ModelClient, Network } from "./model-client.ts";
import type { Mux } from "./mux.ts";
import { type ModelRequest, SimulatedServer } from "./simulated-server.ts";
import { heal, keyOf, mutate, type TypeName, URLS, type World } from "./world.ts";

/** How a simulation runs. */
export interface Setup {
  readonly mode: Mode;
  readonly isAggregated: boolean;
  /** It polls (REST): every stream of the client's is a series of requests with an answer each. */
  readonly isPolled?: boolean;
  readonly newClient: (network: Network) => ModelClient;
  /** Whether a commit may leave references to what does not exist. */
  readonly mayDangle: boolean;
  /** Whether the client is held to have what it uses at every moment; only where nothing dangles. */
  readonly isOrderChecked?: boolean;
  /** What is there before the client comes. */
  readonly world?: World;
}

interface Link {
  readonly id: number;
  readonly toServer: ModelRequest[];
  readonly toClient: Sent[];
  isCongested: boolean;
  /** Of one that polls: the names it polled for last, and that it has got nothing for them yet. */
  polledNames?: string;
  isNew?: boolean;
}

const TYPE_OF_URL = new Map(Object.entries(URLS).map(([type, url]) => [url, type as TypeName]));
/** Steps in which everything must have come to rest. */
const MAX_STEPS = 2_000;
/** In which those who poll have been told all that is to be told at once. */
const MAX_ROUNDS_OF_POLLS = 60;
/** From poll to poll where time passes, ms; less than after what a client that polls is forgotten. */
const POLL_MS = 15_000;

/** A server, a client and the network between them, moved by events. */
export class Simulation implements Network {
  readonly mode: Mode;
  readonly isAggregated: boolean;
  readonly server: SimulatedServer;
  readonly client: ModelClient;
  /** What happened, a line each, if wanted. */
  readonly trace: string[] | undefined;
  private readonly setup: Setup;
  private readonly links = new Map<number, Link>();
  private readonly rejectNext = new Set<string>();
  private readonly blind = new WeakSet<Sent>();
  private lastStreamId = 0;
  /** The server does not know what a client that came back has, which a SotW client can't tell it. */
  private isOrderLost = false;
  private isRestarting = false;
  private hasHistory = true;
  private isRestarted = false;

  constructor(setup: Setup, isTraced = false) {
    this.setup = setup;
    this.mode = setup.mode;
    this.isAggregated = setup.isAggregated;
    this.trace = isTraced ? [] : undefined;
    this.server = new SimulatedServer({}, (streamId, sent) => {
      this.note(() => `  server sends ${describeSent(sent)} on stream ${streamId}`);
      this.links.get(streamId)!.toClient.push(sent);
      if (sent.ordinal <= this.server.blindOrdinal) this.blind.add(sent);
    });
    this.server.commit(setup.world ?? new Map());
    this.client = setup.newClient(this);
    this.client.start();
  }

  get nowMs(): number {
    return this.server.nowMs;
  }

  open(): number {
    const id = ++this.lastStreamId;
    this.links.set(id, { id, toServer: [], toClient: [], isCongested: false });
    if (!this.setup.isPolled) this.server.openStream(id, this.mode, this.isAggregated);
    return id;
  }

  close(streamId: number): void {
    this.note(() => `  stream ${streamId} closes`);
    this.links.delete(streamId);
    if (this.setup.isPolled) return; // the server only sees that no poll comes any more
    this.server.closeStream(streamId);
    if (this.isRestarting && this.links.size === 0) this.server.restart(this.hasHistory);
  }

  isBlind(sent: Sent): boolean {
    return this.blind.has(sent);
  }

  push(streamId: number, request: ModelRequest): void {
    this.note(() => `  client sends ${describeRequest(request)} on stream ${streamId}`);
    const { toServer } = this.links.get(streamId)!;
    // Who polls says what it says until it has something else to say.
    if (this.setup.isPolled) toServer.length = 0;
    toServer.push(request);
  }

  /** Lets one thing happen. */
  apply(event: Event): void {
    this.note(() => `${describeEvent(event)}`);
    switch (event.kind) {
      case "commit":
        this.server.commit(mutate(this.server.world, event.mutations, this.setup.mayDangle));
        break;
      case "to-client":
        this.deliver(pickOf(this.linksWith("toClient"), event.pick), "toClient");
        break;
      case "to-server":
        this.deliver(pickOf(this.linksWith("toServer"), event.pick), "toServer");
        break;
      case "turn":
        this.server.turn();
        break;
      case "settle":
        this.settle();
        break;
      case "advance":
        this.advancePolling(event.ms);
        break;
      case "wake":
        this.advancePolling(Math.min(100_000, this.msToWake() ?? 0));
        break;
      case "congest":
        if (this.setup.isPolled) this.lose(pickOf(this.linksWith("toClient"), event.pick), event.pick % 2 === 0);
        else this.toggleCongestion(event.pick);
        break;
      case "duplicate":
        pickOf(this.openMuxes(), event.pick)?.repeat();
        break;
      case "stale":
        pickOf(this.openMuxes(), event.pick)?.stale();
        break;
      case "resubscribe":
        pickOf(this.openMuxes(), event.pick)?.resubscribe();
        // What the server before knew, and this one does not, can only be answered with its absence.
        this.isOrderLost ||= this.isRestarted;
        break;
      case "reject-next":
        this.rejectNext.add(pickOf(this.openMuxes(), event.pick)?.typeUrl ?? "");
        break;
      case "reconnect":
        if (!this.setup.isPolled) this.client.reconnect(pickOf([...this.links.keys()], event.pick)!);
        break;
      case "reconnect-all":
        this.reconnectAll(event.restart !== undefined, event.restart !== "without history");
        break;
      case "act":
        this.client.act(event.choice);
        break;
    }
  }

  /** Everything is delivered, and no time passes but what delivers. */
  settle(): void {
    if (this.setup.isPolled) {
      this.settlePolls();
      return;
    }
    for (const link of this.links.values()) if (link.isCongested) this.congest(link, false);
    for (let step = 0; step < MAX_STEPS; step++) {
      if (this.server.isDirty) this.server.turn();
      const link = this.linksWith("toServer")[0];
      const answered = this.linksWith("toClient")[0];
      if (link) this.deliver(link, "toServer");
      else if (answered) this.deliver(answered, "toClient");
      else if (!this.server.isDirty) return;
    }
    assert.fail(`after ${MAX_STEPS} messages there is no end of them`);
  }

  /** All poll in turn, until none of them is told anything new. */
  private settlePolls(): void {
    // Who rejects its first configuration is offered it for ever.
    for (let round = 0; round < MAX_ROUNDS_OF_POLLS; round++) {
      for (const link of this.links.values()) this.deliver(link, "toClient");
      if (this.server.isDirty) this.server.turn();
      for (const link of [...this.links.values()]) if (this.links.has(link.id)) this.deliver(link, "toServer");
      if (this.linksWith("toClient").length === 0) return;
    }
  }

  /** Everything is delivered and answered, and all the time passes that anybody waits for. */
  quiesce(): void {
    this.note(() => "quiesce");
    this.rejectNext.clear();
    if (this.setup.isPolled) {
      // It never comes to rest: polls are what it waits for.
      for (let ms = 0; ms < 1_000_000; ms += POLL_MS) this.apply({ kind: "advance", ms: POLL_MS });
      this.settle();
      return;
    }
    for (let step = 0; step < MAX_STEPS; step++) {
      this.settle();
      const ms = this.msToWake();
      if (ms === undefined) break;
      this.advance(Math.max(ms, 1));
    }
    assert.equal(this.msToWake(), undefined, "somebody waits for ever");
    this.server.passTime(10_000_000);
    assert.ok(!this.server.isDirty);
  }

  /** The client holds what the snapshot has of what it subscribes to, but for what it rejected. */
  checkEqual(): void {
    // What stays because of a rejection or of a route still subscribed, or does not come, is in the machine's overlays.
    const { types, leftRoutes, overlays } = this.server.machine;
    const isRejecting = types.some(({ subscriptions }) => [...subscriptions].some(({ rejected }) => rejected.size > 0));
    const isUnknown = types.some(({ subscriptions }) => [...subscriptions].some(keepsUnknown));
    const isExcused = isRejecting || isUnknown || leftRoutes.size > 0;
    for (const { subscriptions } of types) {
      for (const { mode, rejected, suspects } of subscriptions) {
        assert.equal(suspects.length, 0, "something is to be tried, and is not");
        if (mode === "sotw") continue;
        for (const [name, { nack }] of rejected)
          assert.ok(nack, `${name} is rejected, and it is not known whether it is bad`);
      }
    }
    for (const mux of this.client.muxes()) {
      if (!mux.isOpened) continue;
      const type = TYPE_OF_URL.get(mux.typeUrl)!;
      const resources = this.server.snapshot.types.get(mux.typeUrl)?.resources;
      const tellsAbsence = mux.mode === "delta" || type === "cluster" || type === "listener";
      const names = new Set([...(resources?.keys() ?? []), ...(tellsAbsence ? mux.held.keys() : [])]);
      for (const name of names) {
        if (!mux.wants(name) || this.isRejected(mux, name)) continue;
        if (isExcused && overlays.get(mux.typeUrl)?.has(name)) continue;
        const [there, here] = [resources?.get(name), mux.held.get(name)];
        const message = `${type} ${name}: the client holds ${here?.version}, the snapshot ${there?.version}`;
        assert.equal(here?.version, there?.version, message);
      }
    }
  }

  /** What one rejects is not sent to others that poll for the same: they look like one. */
  private isRejected({ typeUrl, rejected }: Mux, name: string): boolean {
    if (!this.setup.isPolled) return rejected.has(name);
    return [...this.client.muxes()].some((other) => other.typeUrl === typeUrl && other.rejected.has(name));
  }

  /** The machine remembers nothing of what is over. */
  checkForgotten(): void {
    const { retained, needs, early, heldBack, blocked, overlays, leftRoutes, types } = this.server.machine;
    for (const { typeUrl, name } of leftRoutes.values()) {
      const isNamed = this.openMuxes().some((mux) => mux.typeUrl === typeUrl && mux.names(name));
      assert.ok(isNamed, `the machine keeps route ${name}, which was dropped and nobody asks for`);
    }
    // A route that is still asked for keeps its clusters, however long (protocol.md O1.3).
    const kept = leftRoutes.size === 0 ? { retained, overlays } : {};
    const left = { needs: [...needs.values()], early, heldBack, blocked, ...kept };
    for (const [what, there] of Object.entries(left)) {
      const count = Array.isArray(there) ? there.length : there.size;
      assert.equal(count, 0, `${what} is not empty: ${inspect(there)}`);
    }
    for (const { subscriptions } of types) {
      for (const { typeUrl, waves, inFlight, owed, rejected } of subscriptions) {
        // What is gone can't be told by a poll's answer (W2): one that rejected it goes on to say what it said before.
        const isRejecting = [...this.client.muxes()].some((mux) => mux.typeUrl === typeUrl && mux.rejected.size > 0);
        const unheard = this.setup.isPolled && isRejecting ? [] : inFlight;
        assert.equal(waves.length + unheard.length + owed.size + rejected.size, 0, "a subscription remembers");
      }
    }
  }

  /** What clients reject is mended, one of what they had rejected changes, routes they still ask for are back: all can be taken. */
  heal(): void {
    const { types, leftRoutes } = this.server.machine;
    const changing = [...leftRoutes.keys()].map((name) => ({ type: "routes" as TypeName, name }));
    for (const { typeUrl, subscriptions } of types) {
      // One of those rejected together is enough: with it, the rest is to come again (protocol.md C5).
      for (const sub of subscriptions) {
        const { mode, interest, rejected } = sub;
        // It goes on with what it brought, as it rejected that there is nothing: anything new is an end of that.
        const [name = "mended"] = interest.names.names;
        if (keepsUnknown(sub) && rejected.size === 0) changing.push({ type: TYPE_OF_URL.get(typeUrl)!, name });
        const names = [...rejected.keys()];
        const alone = mode === "delta" ? names.filter((name) => rejected.get(name)?.nack) : [];
        const together = names.filter((name) => !alone.includes(name)).slice(0, 1);
        for (const name of [...alone, ...together]) changing.push({ type: TYPE_OF_URL.get(typeUrl)!, name });
      }
    }
    this.note(() => `heal ${changing.map(keyOf).join()}`);
    this.server.commit(heal(this.server.world, changing));
  }

  /** A proxy that polls does so as time passes, and has its answers before it does. */
  private advancePolling(ms: number): void {
    if (!this.setup.isPolled) {
      this.advance(ms);
      return;
    }
    for (let leftMs = ms; leftMs > 0; leftMs -= POLL_MS) {
      for (const link of this.links.values()) this.deliver(link, "toClient");
      const [longestUnpolled] = this.server.machine.polled.values();
      const stepMs = Math.min(leftMs, POLL_MS);
      if ((longestUnpolled?.polledAtMs ?? this.nowMs) + POLL_MS <= this.nowMs + stepMs) this.settle();
      this.advance(stepMs);
    }
  }

  private advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let step = 0; step < MAX_STEPS; step++) {
      const wakeAtMs = this.server.isDirty ? undefined : this.server.machine.wakeAtMs;
      const nextMs = Math.min(untilMs, wakeAtMs ?? untilMs, this.client.wakeAtMs ?? untilMs);
      this.server.passTime(Math.max(0, nextMs - this.nowMs));
      if (wakeAtMs !== undefined && wakeAtMs <= this.nowMs) this.server.turn();
      if ((this.client.wakeAtMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) this.client.wake();
      this.check();
      if (nextMs >= untilMs) return;
    }
    assert.fail("woken again and again");
  }

  private msToWake(): number | undefined {
    const times = [this.server.machine.wakeAtMs, this.client.wakeAtMs].flatMap((time) => time ?? []);
    return times.length > 0 ? Math.max(0, Math.min(...times) - this.nowMs) : undefined;
  }

  private deliver(link: Link | undefined, direction: "toServer" | "toClient"): void {
    if (!link) return;
    if (this.setup.isPolled && direction === "toServer") {
      this.poll(link);
      return;
    }
    if (link[direction].length === 0) return;
    if (direction === "toServer") {
      const request = link.toServer.shift()!;
      this.note(() => `  server takes ${describeRequest(request)} of stream ${link.id}`);
      this.server.take(link.id, request);
      return;
    }
    const sent = link.toClient.shift()!;
    const isVague = this.rejectNext.delete(sent.plan.typeUrl);
    this.note(() => `  client takes ${describeSent(sent)}${isVague ? " and rejects it" : ""}`);
    this.client.receive(link.id, sent, isVague);
    this.check();
  }

  private poll(link: Link): void {
    const [said] = link.toServer;
    if (said?.mode !== "sotw" || link.toClient.length > 0) return;
    const names = `${said.request.resourceNames}`;
    // A version is that of what is asked for: who asks for something else has none.
    if (link.polledNames !== undefined && link.polledNames !== names) link.isNew = true;
    link.polledNames = names;
    const sent = this.server.poll(link.isNew ? { ...said.request, versionInfo: "" } : said.request);
    if (sent) link.isNew = false;
    this.note(() => `  ${link.id} polls ${describeRequest(said)}: ${sent ? describeSent(sent) : "unchanged"}`);
    if (sent) link.toClient.push(sent);
  }

  /** An answer does not arrive; the server may know it. */
  private lose(link: Link | undefined, isKnown: boolean): void {
    const [said] = link?.toServer ?? [];
    if (said?.mode !== "sotw") return;
    this.note(() => `  an answer to ${link!.id} is lost${isKnown ? ", and the server knows" : ""}`);
    link!.toClient.length = 0;
    if (isKnown) this.server.loseAnswer(said.request);
  }

  private check(): void {
    const { isOrderChecked, mayDangle } = this.setup;
    if (!isOrderChecked || mayDangle || this.isOrderLost || this.server.hasDeadlineFired) return;
    const [fault] = this.client.faults();
    if (fault !== undefined) assert.fail(fault);
  }

  private reconnectAll(isRestart: boolean, hasHistory: boolean): void {
    if (!this.setup.isPolled) this.isOrderLost ||= this.mode === "sotw" && (!hasHistory || this.server.hasForgotten);
    else {
      // Its clusters may be warming, of which nothing tells: their version is the current one.
      this.isOrderLost ||= isRestart;
      // What was taken of a rejected answer has no version: a server that knows nothing of it can't undo it.
      if (isRestart && [...this.client.muxes()].every(({ rejected }) => rejected.size === 0))
        this.server.restartUnnoticed(hasHistory);
      return;
    }
    this.isRestarting = isRestart;
    this.hasHistory = hasHistory;
    this.isRestarted ||= isRestart;
    this.client.reconnectAll();
    this.isRestarting = false;
  }

  private toggleCongestion(pick: number): void {
    const link = pickOf([...this.links.values()], pick);
    if (link) this.congest(link, !link.isCongested);
  }

  private congest(link: Link, isCongested: boolean): void {
    link.isCongested = isCongested;
    this.server.setCongested(link.id, isCongested);
  }

  private openMuxes(): Mux[] {
    return [...this.client.muxes()].filter(({ isOpened }) => isOpened);
  }

  private linksWith(direction: "toServer" | "toClient"): Link[] {
    return [...this.links.values()].filter(
      (link) =>
        link[direction].length > 0 && (direction === "toClient" || !this.setup.isPolled || link.toClient.length === 0),
    );
  }

  private note(line: () => string): void {
    this.trace?.push(line());
  }
}

function pickOf<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % all.length];
}

function describeSent({ nonce, plan, cause }: Sent): string {
  const names = [
    ...plan.resources.map((resource) => Buffer.from(resource.value).toString()),
    ...plan.removed.map((name) => `-${name}`),
  ];
  return `${TYPE_OF_URL.get(plan.typeUrl)} [${names.join(" ")}] ${cause} nonce ${nonce.slice(-3)} version ${plan.version}`;
}

function describeRequest({ mode, request }: ModelRequest): string {
  const { typeUrl, nonce, errorDetail } = request;
  const names =
    mode === "sotw"
      ? `[${request.resourceNames}] version ${request.versionInfo || "-"}`
      : `[${[...request.subscribe.map((name) => `+${name}`), ...request.unsubscribe.map((name) => `-${name}`)].join()}]${
          request.initialResourceVersions.size > 0 ? ` has ${[...request.initialResourceVersions.keys()]}` : ""
        }`;
  const answer = errorDetail ? `NACK ${nonce.slice(-3)} (${errorDetail.message})` : nonce && `ACK ${nonce.slice(-3)}`;
  return `${TYPE_OF_URL.get(typeUrl)} ${names} ${answer}`.trimEnd();
}

function inspect(there: unknown): string {
  return JSON.stringify(there, (_, value) =>
    value instanceof Map ? [...value] : value instanceof Uint8Array ? undefined : value,
  );
}
