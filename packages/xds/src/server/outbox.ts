import { xdsChannel } from "../channels.ts";
import { setCongested } from "../protocol/client.ts";
import type { Effect } from "../protocol/client-state.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Sent } from "../protocol/subscription.ts";
import { countAck, countPush } from "../traffic.ts";
import type { ClientEntry } from "./client-entry.ts";
import { type ResponseFrame, ResponseFrames } from "./response-frames.ts";

/** Bytes queued on one stream above which it is sent nothing more until its reader has caught up. */
const CONGESTED_BYTES = 1024 * 1024;
/** Bytes of a group above which its connections may use more than the edge's defaults. */
const LARGE_GROUP_BYTES = 1_000_000;

const pushed = xdsChannel("fairlead:xds:pushed");
const acked = xdsChannel("fairlead:xds:acked");
const nacked = xdsChannel("fairlead:xds:nacked");
const isolated = xdsChannel("fairlead:xds:isolated");
const warning = xdsChannel("fairlead:xds:warning");

/** Where the effects of the machines go: responses to streams, what happened to channels. */
export class Outbox {
  readonly #frames: ResponseFrames;
  readonly #onForgotten: (entry: ClientEntry, streamId: number) => void;
  /** Frames of the turn that is being taken: one plan may have several, for streams that had the first. */
  readonly #unsent: ResponseFrame[] = [];
  #writes = 0;

  /** @param onForgotten told of a subscription by polls that is over */
  constructor(controlPlaneId: string, onForgotten: (entry: ClientEntry, streamId: number) => void) {
    this.#onForgotten = onForgotten;
    this.#frames = new ResponseFrames(controlPlaneId);
  }

  /** Responses encoded, ever. */
  get builds(): number {
    return this.#frames.buildCount;
  }

  /** Responses written to streams, ever. */
  get writes(): number {
    return this.#writes;
  }

  /** The nonce of a plan's response, greater than `after`; it is to be sent by the next {@link perform}. */
  nonceFor(plan: Plan, after: string): string {
    const frame = this.#frames.frameFor(plan, after);
    this.#unsent.push(frame);
    return frame.nonce;
  }

  /** A response that is sent outside of any stream's order. */
  frameOf(plan: Plan): ResponseFrame {
    return this.#frames.frameFor(plan, "");
  }

  /** Does what a client's machine has decided. */
  perform(entry: ClientEntry, effects: readonly Effect[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.kind === "send") this.#send(entry, effect.streamId, effect.sent);
      else if (effect.kind === "acked") publishAck(entry, effect, nowMs);
      else if (effect.kind === "nacked") publishNack(entry, effect);
      else if (effect.kind === "isolated") publishIsolated(entry, effect);
      else if (effect.kind === "forgotten") this.#onForgotten(entry, effect.streamId);
      else warning.publish({ nodeId: entry.node.id, typeUrl: effect.typeUrl, message: effect.message });
    }
    this.#unsent.length = 0;
  }

  #send(entry: ClientEntry, streamId: number, sent: Sent): void {
    const { plan, cause, nonce } = sent;
    const session = entry.sessions.get(streamId);
    if (!session) return;
    if (session.polled) {
      session.polled.sent = sent;
      return;
    }
    const { stream } = session;
    const { message } = this.#unsent.find((frame) => frame.nonce === nonce)!;
    const { bytes: groupBytes = 0, namesBytes = 0 } = entry.group ?? {};
    if (groupBytes > LARGE_GROUP_BYTES)
      stream.connection.allow({ queuedBytes: 2 * groupBytes, messageBytes: namesBytes });
    stream.send(message);
    this.#writes += 1;
    if (stream.queuedBytes > CONGESTED_BYTES) setCongested(entry.machine, streamId, true);
    countPush(plan.typeUrl, cause, message.length);
    if (!pushed.hasSubscribers) return;
    const { typeUrl, version, resources, removed } = plan;
    pushed.publish({
      streamId,
      nodeId: entry.node.id,
      typeUrl,
      cause,
      version,
      nonce,
      bytes: message.length,
      resources: resources.length,
      removed: removed.length,
    });
  }
}

function publishAck(entry: ClientEntry, effect: Extract<Effect, { kind: "acked" }>, nowMs: number): void {
  const { streamId, typeUrl, sent } = effect;
  const committedAtMs = sent.cause === "changed" ? entry.group?.committedAtMs(sent.view.base.revision) : undefined;
  const latencyMs = nowMs - sent.sentAtMs;
  const convergenceMs = committedAtMs === undefined ? undefined : nowMs - committedAtMs;
  countAck(typeUrl, latencyMs, convergenceMs);
  if (!acked.hasSubscribers) return;
  acked.publish({
    streamId,
    ...whoOf(entry),
    typeUrl,
    version: sent.plan.version,
    nonce: sent.nonce,
    latencyMs,
    convergenceMs,
  });
}

function publishIsolated(entry: ClientEntry, { kind: _, ...effect }: Extract<Effect, { kind: "isolated" }>): void {
  isolated.publish({ ...effect, nodeId: entry.node.id });
}

function publishNack(entry: ClientEntry, effect: Extract<Effect, { kind: "nacked" }>): void {
  const { streamId, typeUrl, sent, code, message } = effect;
  const { nonce } = sent;
  nacked.publish({ streamId, ...whoOf(entry), typeUrl, version: sent.plan.version, nonce, code, message });
}

function whoOf({ node, group, machine: { isObserver } }: ClientEntry) {
  return { nodeId: node.id, group: group?.name, isObserver };
}
