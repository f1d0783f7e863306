import { globOf, TYPE_URLS } from "@fairlead/envoy-api";
import { bindToAsk } from "./bind.ts";
import { suspect } from "./bisect.ts";
import { type Client, type Effect, isStaged, NO_EFFECTS } from "./client-state.ts";
import { confirmClusters, confirmEndpoints, rejectClusters } from "./confirm.ts";
import { refuseHeartbeat } from "./heartbeat.ts";
import type { DeltaRequest, SotwRequest } from "./request.ts";
import { type Sent, type Subscription, takeAnswer } from "./subscription.ts";

/** The answering part of a request, and what it means for the client's stage. */
export function answer(
  client: Client,
  sub: Subscription,
  request: SotwRequest | DeltaRequest,
  nowMs: number,
): readonly Effect[] {
  sub.isDirty = true;
  if (!sub.isOpened) return NO_EFFECTS;
  const { errorDetail } = request;
  const { streamId, typeUrl } = sub;
  const settled = takeAnswer(sub, request.nonce, errorDetail, nowMs);
  if (settled.kind === "none") return NO_EFFECTS;
  if (settled.kind === "nacked") {
    const { sent } = settled;
    const { code, message } = errorDetail!;
    const nacked: Effect = { kind: "nacked", streamId, typeUrl, sent, code, message };
    if (sent.plan.kind !== "content") {
      refuseHeartbeat(sub, sent.plan);
      return [nacked];
    }
    if (typeUrl === TYPE_URLS.cluster) rejectClusters(client, sub, sent, message, nowMs);
    return [nacked, ...suspect(sub, sent, sub.nack!)];
  }
  for (const sent of settled.sent) confirm(client, sub, sent, nowMs);
  return settled.sent.map((sent) => ({ kind: "acked", streamId, typeUrl, sent }));
}

function confirm(client: Client, sub: Subscription, sent: Sent, nowMs: number): void {
  if (!isStaged(client) || sent.plan.kind !== "content") return;
  if (sub.typeUrl === TYPE_URLS.cluster) confirmClusters(client, sub, sent, nowMs);
  else if (sub.typeUrl === TYPE_URLS.endpoints) {
    confirmEndpoints(client, sub, sent);
    bindToAsk(client, sub, sent.plan.resources, sent.ordinal, nowMs);
  } else confirmNames(client, sub, sent, nowMs);
}

function confirmNames(client: Client, sub: Subscription, sent: Sent, nowMs: number): void {
  if (client.needs.size > 0) satisfyNames(client, sub, sent);
  if (sub.traits.tier === "switch") bindToAsk(client, sub, sent.plan.resources, sent.ordinal, nowMs);
}

function satisfyNames(client: Client, sub: Subscription, sent: Sent): void {
  for (const { name } of sent.plan.resources) client.needs.satisfy(sub.typeUrl, name, sent.ordinal);
  for (const name of sent.plan.removed) client.needs.satisfy(sub.typeUrl, name, sent.ordinal);
  if (sub.typeUrl === TYPE_URLS.localityEndpoint && sent.plan.rest.length === 0) {
    const collections = new Set(sent.plan.resources.map(({ name }) => globOf(name)));
    for (const name of collections) if (name !== undefined) client.needs.satisfy(sub.typeUrl, name, sent.ordinal);
  }
}
