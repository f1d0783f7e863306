import { setTimeout } from "node:timers/promises";
import {
  type DeltaRequestToWrite,
  faultOf,
  type GrpcStatus,
  type Mode,
  type RawXdsStream,
  type ReceivedResource,
  type SotwRequestToWrite,
  StatusCode,
  statusName,
  XdsError,
  type XdsResponse,
} from "@fairlead/xds";
import { describeResponse, describeStatus, describeType, namesIn } from "./describe.ts";
import { FENCE } from "./fence.ts";
import { Mismatch, Unsupported } from "./mismatch.ts";
import { CDS, LDS, SRDS } from "./resources.ts";

/** What a {@link Dialogue} needs to know beside its stream. */
export interface DialogueOptions {
  readonly mode: Mode;
  /** The type of a stream of its own; `undefined`: ADS. */
  readonly typeUrl: string | undefined;
  /** Types whose fence the server answers, and that hold nothing else. */
  readonly fences: () => readonly string[];
  readonly quietMs: number;
  readonly timeoutMs: number;
}

/** Types of which a State of the World response is all there is. */
const FULL_STATE: ReadonlySet<string> = new Set([CDS, LDS, SRDS]);

/**
 * One stream as a case speaks over it: requests as a client sends them, or as it should not, and what must come.
 * What comes otherwise is thrown as a {@link Mismatch}. It keeps what a client would hold.
 */
export class Dialogue {
  readonly mode: Mode;
  private readonly raw: RawXdsStream;
  private readonly options: DialogueOptions;
  private readonly heldByType = new Map<string, Map<string, ReceivedResource>>();
  private readonly asked = new Set<string>();
  private readonly sentCount = new Map<string, number>();
  private readonly toldRemoved = new Set<string>();
  private readonly usedFences: string[] = [];

  constructor(raw: RawXdsStream, options: DialogueOptions) {
    this.raw = raw;
    this.options = options;
    this.mode = options.mode;
  }

  /** What a client that took everything so far holds of a type. */
  held(typeUrl: string): ReadonlyMap<string, ReceivedResource> {
    return this.heldByType.get(typeUrl) ?? new Map();
  }

  /** How often a resource came. */
  sent(typeUrl: string, name: string): number {
    return this.sentCount.get(keyOf(typeUrl, name)) ?? 0;
  }

  /** Whether a name was told as removed. */
  told(typeUrl: string, name: string): boolean {
    return this.toldRemoved.has(keyOf(typeUrl, name));
  }

  /** Subscribes: in SotW `names` are all from now on, in delta they are added. None: the legacy wildcard, at first. */
  subscribe(typeUrl: string, names: readonly string[] = []): void {
    this.asked.add(typeUrl);
    this.raw.subscribe(typeUrl, names);
  }

  /** Delta only. */
  unsubscribe(typeUrl: string, names: readonly string[]): void {
    this.raw.unsubscribe(typeUrl, names);
  }

  /** Sends a request as it is. */
  sendSotw(request: SotwRequestToWrite): void {
    this.asked.add(request.typeUrl);
    this.raw.sendSotw(request);
  }

  /** Sends a request as it is. */
  sendDelta(request: DeltaRequestToWrite): void {
    this.asked.add(request.typeUrl);
    this.raw.sendDelta(request);
  }

  ack(response: XdsResponse): void {
    this.raw.ack(response);
  }

  nack(response: XdsResponse, message = "rejected by the conformance suite"): void {
    this.raw.nack(response, message);
  }

  /** The next response of a type, taken but not acknowledged. */
  async response(typeUrl: string, expected = `a ${describeType(typeUrl)} response`): Promise<XdsResponse> {
    const response = await this.next(typeUrl, expected);
    this.take(response);
    return response;
  }

  /** The next response of one of these types. It is not acknowledged. */
  async any(types: readonly string[]): Promise<XdsResponse> {
    const fits = ({ typeUrl }: XdsResponse) => types.includes(typeUrl);
    const response = await this.next(fits, `a response of ${types.map(describeType).join(", ")}`);
    this.take(response);
    return response;
  }

  /** The next response of a type, waited for longer than usual: ms in all. It is not acknowledged. */
  async within(timeoutMs: number, typeUrl: string): Promise<XdsResponse> {
    const response = await this.next(typeUrl, `a ${describeType(typeUrl)} response`, timeoutMs);
    this.take(response);
    return response;
  }

  /**
   * The next response of a type must hold these resources, and tell these as removed. It is not acknowledged.
   */
  async holding(typeUrl: string, names: readonly string[], removed: readonly string[] = []): Promise<XdsResponse> {
    const expected = `a response ${describeType(typeUrl)} ${namesIn([...names, ...removed.map(minus)])}`;
    const response = await this.response(typeUrl, expected);
    const came = [...response.resources.map(({ name }) => name), ...response.removed.map(minus)];
    if (!isSame(came, [...names, ...removed.map(minus)])) throw new Mismatch(expected, describeResponse(response));
    return response;
  }

  /**
   * These resources must come, and these be told as removed, and no others: in one response or, where the protocol
   * allows it, in several. They are acknowledged. Returns the last response.
   */
  async answer(typeUrl: string, names: readonly string[], removed: readonly string[] = []): Promise<XdsResponse> {
    const wanted = new Set([...names, ...removed.map(minus)]);
    const expected = `${describeType(typeUrl)} ${namesIn(wanted)}`;
    const missing = new Set(wanted);
    for (;;) {
      const response = await this.response(typeUrl, missing.size < wanted.size ? `the rest of ${expected}` : expected);
      const came = [...response.resources.map(({ name }) => name), ...response.removed.map(minus)];
      const isWhole = this.mode === "sotw" && FULL_STATE.has(typeUrl);
      if (came.some((name) => !wanted.has(name)) || (isWhole && came.length < wanted.size)) {
        throw new Mismatch(expected, describeResponse(response));
      }
      this.ack(response);
      for (const name of came) missing.delete(name);
      if (missing.size === 0) return response;
    }
  }

  /** Takes and acknowledges whatever comes of these types until the condition holds. */
  async until(expected: string, types: readonly string[], holds: () => boolean, timeoutMs?: number): Promise<void> {
    while (!holds()) {
      const response = await this.next((it) => types.includes(it.typeUrl), expected, timeoutMs);
      this.take(response);
      this.ack(response);
    }
  }

  /** Takes and acknowledges responses of a type until a client holds exactly these. */
  async holds(typeUrl: string, names: readonly string[], timeoutMs?: number): Promise<void> {
    const expected = `a client to hold ${describeType(typeUrl)} ${namesIn(names)}`;
    await this.until(expected, [typeUrl], () => isSame([...this.held(typeUrl).keys()], names), timeoutMs);
  }

  /**
   * Nothing more may come for what was said so far, of any type. Proved by two round trips behind it; where the stream
   * allows none, by a quiet period.
   */
  async silence(expected = "nothing more"): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await this.fence(expected);
      this.refuseUnread(expected);
    }
  }

  /** Nothing may come, where no round trip can prove it since the server has nothing for this node: a quiet period. */
  async unanswered(expected: string): Promise<void> {
    await this.quiet(this.options.quietMs, expected);
  }

  /** Takes and acknowledges all that the server has to say to what was said so far. */
  async settled(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await this.fence("an answer", () => this.takeAll());
      this.takeAll();
    }
  }

  /** None of these may come for what was said so far, while others may. */
  async without(typeUrl: string, names: readonly string[]): Promise<void> {
    const before = names.map((name) => this.sent(typeUrl, name));
    await this.settled();
    const came = names.filter((name, index) => this.sent(typeUrl, name) > before[index]!);
    if (came.length > 0) throw new Mismatch(`none of ${describeType(typeUrl)} ${namesIn(names)}`, namesIn(came));
  }

  /** Nothing may come for so long, ms: where only time would make it come. */
  async quiet(ms: number, expected = `nothing for ${ms} ms`): Promise<void> {
    await this.wait(ms, () => this.refuseUnread(expected));
    this.refuseEnd(expected);
  }

  /** The server must end the stream, by one of these codes. */
  async ends(...codes: readonly (keyof typeof StatusCode)[]): Promise<GrpcStatus> {
    const expected = `the stream to end with ${codes.join(" or ")}`;
    const status = await Promise.race([this.raw.ended, setTimeout(this.options.timeoutMs)]);
    if (!status) throw new Mismatch(expected, this.unread());
    if (!codes.some((code) => StatusCode[code] === status.code)) throw new Mismatch(expected, describeStatus(status));
    return status;
  }

  /** Whether there are responses that came and were not looked at. */
  hasUnread(typeUrl?: string): boolean {
    return this.raw.pending.some((response) => typeUrl === undefined || response.typeUrl === typeUrl);
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    this.raw.resume();
  }

  async close(): Promise<void> {
    await this.raw.close();
  }

  private async next(
    fits: string | ((response: XdsResponse) => boolean),
    expected: string,
    timeoutMs?: number,
  ): Promise<XdsResponse> {
    try {
      return await this.raw.next(fits, timeoutMs);
    } catch (error) {
      if (!(error instanceof XdsError)) throw error;
      const { end } = this.raw;
      if (end?.code === StatusCode.UNIMPLEMENTED) throw new Unsupported(`the server answers ${describeStatus(end)}`);
      throw new Mismatch(expected, end ? `the end of the stream: ${describeStatus(end)}` : this.unread());
    }
  }

  private unread(): string {
    return this.raw.pending.map(describeResponse).join(", ") || `nothing within ${this.options.timeoutMs} ms`;
  }

  private take(response: XdsResponse): void {
    const fault = faultOf(response);
    if (fault !== undefined) throw new Mismatch("a response that a client can take", fault);
    const { typeUrl, resources, removed } = response;
    const isAll = this.mode === "sotw" && FULL_STATE.has(typeUrl);
    const held = isAll ? new Map<string, ReceivedResource>() : new Map(this.held(typeUrl));
    for (const resource of resources) {
      held.set(resource.name, resource);
      this.sentCount.set(keyOf(typeUrl, resource.name), this.sent(typeUrl, resource.name) + 1);
    }
    for (const name of removed) {
      held.delete(name);
      this.toldRemoved.add(keyOf(typeUrl, name));
    }
    this.heldByType.set(typeUrl, held);
  }

  /** A round trip, or failing that a quiet period. */
  private async fence(expected: string, onUnread = () => this.refuseUnread(expected)): Promise<void> {
    const typeUrl = this.options.typeUrl === undefined ? this.freshFence() : undefined;
    if (typeUrl !== undefined) {
      this.usedFences.push(typeUrl);
      this.subscribe(typeUrl, [FENCE]);
      await this.answer(typeUrl, [FENCE]);
      return;
    }
    const [again] = this.usedFences;
    if (this.mode === "delta" && again !== undefined) {
      this.unsubscribe(again, [FENCE]);
      this.subscribe(again, [FENCE]);
      await this.answer(again, [FENCE]);
      return;
    }
    await this.wait(this.options.quietMs, onUnread);
    this.refuseEnd(expected);
  }

  private async wait(ms: number, onUnread: () => void): Promise<void> {
    const deadline = Date.now() + ms;
    while (Date.now() < deadline && !this.raw.end) {
      await setTimeout(Math.min(50, Math.max(1, deadline - Date.now())));
      onUnread();
    }
  }

  private takeAll(): void {
    for (const response of this.raw.drain()) {
      this.take(response);
      this.ack(response);
    }
  }

  private freshFence(): string | undefined {
    return this.options.fences().find((typeUrl) => !this.asked.has(typeUrl));
  }

  private refuseUnread(expected: string): void {
    const [response] = this.raw.pending;
    if (response) throw new Mismatch(expected, describeResponse(response));
    this.refuseEnd(expected);
  }

  private refuseEnd(expected: string): void {
    const { end } = this.raw;
    if (end?.code === StatusCode.UNIMPLEMENTED) throw new Unsupported(`the server answers ${statusName(end.code)}`);
    if (end) throw new Mismatch(expected, `the end of the stream: ${describeStatus(end)}`);
  }
}

function keyOf(typeUrl: string, name: string): string {
  return `${typeUrl} ${name}`;
}

function minus(name: string): string {
  return `-${name}`;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && new Set(some).symmetricDifference(new Set(others)).size === 0;
}
