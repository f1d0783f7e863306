import { status } from "../grpc/status.ts";
import type { Plan } from "../protocol/plan.ts";
import { WireError } from "../wire/wire-error.ts";
import type { Outbox } from "./outbox.ts";
import type { PollAnswer, Polls } from "./polls.ts";
import { type AnyRequest, readRequest, refusalOf } from "./read-request.ts";
import type { Session } from "./session.ts";
import type { StreamHandler } from "./transport.ts";

/**
 * The unary `Fetch` of a discovery service: a poll by gRPC. It has no word for "nothing changed" (REST says 304), and an
 * empty response would say that there is nothing; so who has the current version is sent it again.
 */
export function openFetch(session: Session, polls: Polls, outbox: Outbox): StreamHandler {
  const { stream } = session;
  let answer: PollAnswer | undefined;
  const send = (plan: Plan) => {
    const { message } = outbox.frameOf(plan);
    stream.send(message);
    stream.end(status("OK"));
    return message.length;
  };
  const take = (request: AnyRequest) => {
    const refusal = refusalOf(session, request);
    if (refusal !== undefined || request.mode !== "sotw") {
      stream.end(status("INVALID_ARGUMENT", refusal));
      return;
    }
    const resourceNames = request.resourceNames === "same" ? [] : request.resourceNames;
    answer = polls.take(
      stream.connection,
      stream.userAgent,
      { ...request, node: request.node!, resourceNames },
      "fetch",
    );
    if (answer.kind === "content") answer.sent(send(answer.plan));
    else if (answer.kind === "unchanged") send(answer.whole());
    else stream.end(status(answer.kind === "not-ready" ? "UNAVAILABLE" : "RESOURCE_EXHAUSTED", answer.reason));
  };
  return {
    onMessage(message) {
      if (answer) return;
      try {
        take(readRequest(session, message));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        stream.end(status("INVALID_ARGUMENT", error.message));
      }
    },
    onEnd() {
      if (!answer) stream.end(status("INVALID_ARGUMENT", "the call ended without its request"));
    },
    onDrain() {},
    onClose() {
      if (answer?.kind === "content" && stream.queuedBytes > 0) answer.lost();
    },
  };
}
