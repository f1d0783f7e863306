import { applyChanges, emptySnapshot } from "../../../src/cache/apply-changes.ts";
import type { ResourceError } from "../../../src/cache/resource-error.ts";
import {
  closeStream,
  openPolled,
  openStream,
  setCongested,
  takeDeltaRequest,
  takeSnapshot,
  takeSotwRequest,
} from "../../../src/protocol/client.ts";
import { type Client, type ClientContext, type Effect, openClient } from "../../../src/protocol/client-state.ts";
import type { Mode } from "../../../src/protocol/plan.ts";
import { losePollAnswer, takePoll } from "../../../src/protocol/poll.ts";
import { DEFAULT_STAGE_OPTIONS, type StageOptions } from "../../../src/protocol/stage-options.ts";
import type { Sent } from "../../../src/protocol/subscription.ts";
import { turn } from "../../../src/protocol/turn.ts";
import { Group } from "../../../src/server/group.ts";
import { Holdings } from "./holdings.ts";
import { printEffect, printType, type Shown } from "./print-effect.ts";
import { printStage } from "./print-stage.ts";
import { type ClientMemory, deltaRequest, sotwRequest } from "./requests.ts";
import { changesTo, readTypes, typeUrlOf, type WrittenType } from "./resources.ts";

interface WorldStream {
  readonly id: number;
  readonly name: string;
  readonly mode: Mode;
  readonly client: Client;
  /** The only type it serves; `undefined`: ADS. */
  readonly typeUrl: string | undefined;
  readonly memory: Map<string, ClientMemory>;
  readonly holdings: Holdings;
}

/** A group and its clients, with a clock of their own: what the commands of one transcript act upon. */
export class World {
  private readonly startedAtMs = 1_000_000;
  private nowMs = this.startedAtMs;
  private options: StageOptions = DEFAULT_STAGE_OPTIONS;
  private readonly group = new Group("g", undefined);
  private readonly clients = new Set<Client>();
  /** The client that streams of one type join. */
  private perType: Client | undefined;
  private readonly streams = new Map<string, WorldStream>();
  private readonly names = new Map<number, string>();
  private readonly responses = new Map<string, Sent>();
  /** The version that the last answer to a poll brought, by stream. */
  private readonly polled = new Map<number, string>();
  private readonly shown: Shown = { acks: false, versions: false };
  private revision = 0;
  private nonces = 0;
  private output: string[] = [];

  /** Does what a line says; the `<` lines that come of it. @throws Error if the line can't be read */
  run(line: string): string[] {
    this.output = [];
    const isMore = line.endsWith(" &");
    const text = isMore ? line.slice(0, -2) : line;
    const [verb = "", ...words] = text.split(/\s+/);
    const rest = text.slice(verb.length).trim();
    if (verb === ">") this.request(rest);
    else if (verb === "poll") this.poll(words);
    else if (verb === "snapshot") this.commit(readTypes(rest));
    else if (verb === "error") this.commitError(words);
    else if (verb === "open") this.open(words);
    else if (verb === "close") this.close(words[0]!);
    else if (verb === "wait") this.wait(words[0]!);
    else if (verb === "settle") this.settle(words);
    else if (verb === "congest") this.congest(words[0]!, true);
    else if (verb === "relieve") this.congest(words[0]!, false);
    else if (verb === "option") this.setOption(rest);
    else if (verb === "show") this.show(words[0]!);
    else throw new Error(`${verb} is no command`);
    if (!isMore) this.turnAll();
    return this.output;
  }

  private request(text: string): void {
    const [, name = "", word = "", rest = ""] = /^(\S+)\s+(\S+)(.*)$/.exec(text) ?? [];
    const stream = this.stream(name);
    const typeUrl = typeUrlOf(word);
    const { holdings } = stream;
    if (stream.mode === "delta") {
      const request = deltaRequest(typeUrl, rest, this.responses);
      holdings.answer(request.nonce, !request.errorDetail);
      holdings.subscribe(typeUrl, request.subscribe, false);
      holdings.unsubscribe(typeUrl, request.unsubscribe);
      this.print(takeDeltaRequest(stream.client, stream.id, request, this.nowMs));
      return;
    }
    const memory = stream.memory.get(typeUrl) ?? { names: undefined, nonce: "", version: "" };
    stream.memory.set(typeUrl, memory);
    const request = sotwRequest(typeUrl, rest, memory, this.responses);
    holdings.answer(request.nonce, !request.errorDetail);
    holdings.subscribe(typeUrl, memory.names ?? [], true);
    this.print(takeSotwRequest(stream.client, stream.id, request, this.nowMs));
  }

  /**
   * A poll as a REST client sends it: it has taken what the poll before it brought, unless `again` says that it rejected
   * that or did not get it; `lost`: the server knows that it did not.
   */
  private poll(words: readonly string[]): void {
    const [name = "", ...rest] = words;
    const flags = ["again", "lost"];
    const { client, id, typeUrl, memory } = this.stream(name);
    const known = memory.get(typeUrl!) ?? { names: undefined, nonce: "", version: "" };
    memory.set(typeUrl!, known);
    const said = rest.find((word) => word.startsWith("version="))?.slice("version=".length);
    const names = rest.filter((word) => !word.startsWith("version=") && !flags.includes(word));
    known.names ??= names;
    const brought = this.polled.get(id);
    if (rest.includes("lost")) losePollAnswer(client, id);
    else if (brought !== undefined && !rest.includes("again")) known.version = brought;
    if (said !== undefined)
      known.version = said.startsWith("@") ? this.responses.get(said.slice(1))!.plan.version : said;
    this.polled.delete(id);
    const poll = { typeUrl: typeUrl!, versionInfo: known.version, resourceNames: known.names };
    const effects = takePoll(client, id, poll, this.nowMs);
    this.print(effects);
    if (!this.polled.has(id)) this.output.push(`< ${name} ${printType(typeUrl!)} unchanged`);
  }

  /**
   * The clients of these streams do what an Envoy does, until nothing more comes: they ACK, and ask for what they hear
   * of. Only what they hold in the end is printed.
   */
  private settle(names: readonly string[]): void {
    const printed = this.output.slice();
    for (let rounds = 0, requests = [""]; requests.length > 0; rounds++) {
      if (rounds > 100) throw new Error("it never settles");
      requests = names.flatMap((name) => [...this.nextRequests(this.stream(name))]);
      for (const request of requests) {
        this.request(request);
        this.turnAll();
      }
    }
    this.output = printed;
    for (const name of names) this.output.push(`< ${name} holds ${`${this.stream(name).holdings}` || "(nothing)"}`);
  }

  private *nextRequests({ name, mode, typeUrl: own, holdings }: WorldStream): Iterable<string> {
    for (const { nonce, plan } of [...holdings.unanswered]) yield `${name} ${printType(plan.typeUrl)} ack ${nonce}`;
    for (const { typeUrl, added, dropped, all } of holdings.changesOfMind(own)) {
      if (own !== undefined && own !== typeUrl) continue;
      const type = printType(typeUrl);
      if (mode === "sotw") yield `${name} ${type} subscribe ${all.join(" ")}`;
      else yield `${name} ${type} subscribe ${added.join(" ")} unsubscribe ${dropped.join(" ")}`;
    }
  }

  /** `error eds a 7 not yours`: there is no resource of that name, and why. */
  private commitError([word = "", name = "", code = "", ...message]: readonly string[]): void {
    const error = { typeUrl: typeUrlOf(word), name, code: Number(code), message: message.join(" ") };
    this.commit([], [error]);
  }

  private commit(types: readonly WrittenType[], errors: readonly ResourceError[] = []): void {
    const before = this.group.snapshot ?? emptySnapshot(this.group.name);
    const after = applyChanges(before, { ...changesTo(before, types), errors }, this.revision + 1);
    if (after === before && this.group.snapshot) return;
    this.revision += 1;
    this.group.take(after, this.nowMs);
    for (const client of this.clients) this.print(takeSnapshot(client, after, this.nowMs));
  }

  /** An ADS stream is a client of its own; streams of one type join the client that is there, unless a new one is asked for. */
  private open([name = "", mode = "", type = "", ...flags]: readonly string[]): void {
    if (mode !== "sotw" && mode !== "delta" && mode !== "rest") throw new Error(`${mode} is no mode`);
    const isAggregated = type === "ads";
    const isJoining = !isAggregated && !flags.includes("new") && this.perType !== undefined;
    const client = isJoining ? this.perType! : this.admit(flags.includes("observer"), flags.includes("ttl"));
    if (!isAggregated) this.perType = client;
    const id = this.names.size + 1;
    const typeUrl = isAggregated ? undefined : typeUrlOf(type);
    const memory = new Map<string, ClientMemory>();
    const isPolled = mode === "rest";
    const spoken = isPolled ? "sotw" : mode;
    const stream: WorldStream = { id, name, mode: spoken, client, typeUrl, memory, holdings: new Holdings() };
    this.streams.set(name, stream);
    this.names.set(stream.id, name);
    if (isPolled) openPolled(client, stream.id, this.nowMs);
    else openStream(client, { id: stream.id, mode: spoken, isAggregated });
  }

  private admit(isObserver: boolean, takesTtl: boolean): Client {
    const context: ClientContext = {
      options: this.options,
      nonceFor: () => `n${++this.nonces}`,
      isKnownType: (typeUrl) => !typeUrl.includes("/unknown.") || this.group.snapshot?.types.has(typeUrl) === true,
      ttlModes: takesTtl ? new Set<Mode>(["sotw", "delta"]) : new Set<Mode>(),
      droppedLately: (typeUrl) => this.group.droppedSince(typeUrl, this.nowMs - this.options.listenerDrainMs),
    };
    const client = openClient(context, isObserver);
    this.clients.add(client);
    if (this.group.snapshot) this.print(takeSnapshot(client, this.group.snapshot, this.nowMs));
    return client;
  }

  private close(name: string): void {
    const { client, id } = this.stream(name);
    closeStream(client, id, this.nowMs);
    this.streams.delete(name);
    if (client.streams.size > 0) return;
    this.clients.delete(client);
    if (this.perType === client) this.perType = undefined;
  }

  private congest(name: string, isCongested: boolean): void {
    const { client, id } = this.stream(name);
    setCongested(client, id, isCongested);
  }

  private setOption(text: string): void {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(text) ?? [];
    if (!(name in DEFAULT_STAGE_OPTIONS)) throw new Error(`${name} is no option`);
    this.options = { ...this.options, [name]: JSON.parse(value) };
  }

  private show(what: string): void {
    if (what === "acks" || what === "versions") this.shown[what] = true;
    else if (what === "stage") for (const client of this.clients) this.output.push(...printStage(client, this.nowMs));
    else throw new Error(`${what} can't be shown`);
  }

  /** Lets time pass, and has clients looked at when they asked for it. */
  private wait(duration: string): void {
    const [, number, unit] = /^([\d.]+)(ms|s)$/.exec(duration) ?? [];
    const untilMs = this.nowMs + Number(number) * (unit === "s" ? 1_000 : 1);
    if (Number.isNaN(untilMs)) throw new Error(`${duration} is no time`);
    for (let atMs = this.nextWakeMs; atMs <= untilMs; atMs = this.nextWakeMs) {
      this.nowMs = Math.max(this.nowMs, atMs);
      const printed = this.output.length;
      this.turnAll();
      const at = ` at=${(this.nowMs - this.startedAtMs) / 1_000}s`;
      for (let index = printed; index < this.output.length; index++) this.output[index] += at;
      if (this.nextWakeMs <= this.nowMs) throw new Error("it wants to be woken at once, for ever");
    }
    this.nowMs = untilMs;
  }

  private get nextWakeMs(): number {
    return Math.min(...[...this.clients].map(({ wakeAtMs }) => wakeAtMs ?? Number.POSITIVE_INFINITY));
  }

  private turnAll(): void {
    for (const client of this.clients) this.print(turn(client, this.nowMs));
  }

  private print(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "send") {
        this.responses.set(effect.sent.nonce, effect.sent);
        const { client, holdings } = this.streamOf(effect.streamId);
        holdings.unanswered.push(effect.sent);
        if (client.streams.get(effect.streamId)?.polledAtMs !== undefined) {
          this.polled.set(effect.streamId, effect.sent.plan.version);
        }
      }
      const line = printEffect(effect, this.names, this.shown);
      if (line !== undefined) this.output.push(line);
      if (effect.kind === "forgotten") this.streams.delete(this.names.get(effect.streamId)!);
    }
  }

  private streamOf(id: number): WorldStream {
    return this.stream(this.names.get(id)!);
  }

  private stream(name: string): WorldStream {
    const stream = this.streams.get(name);
    if (!stream) throw new Error(`stream ${name} is not open`);
    return stream;
  }
}
