import type { Schema } from "@fairlead/envoy-api";
import { problem } from "../http/problem.ts";
import type { Polls } from "../polls.ts";
import type { HttpAnswer, HttpBodyHandler, HttpHead } from "../transport.ts";
import { RestBodies } from "./bodies.ts";
import { PollReader } from "./poll-reader.ts";
import { readRestHead } from "./rest-head.ts";

/** After how long to try again what is not ready, s. */
const RETRY_AFTER_S = 1;

/** xDS by REST: `POST` of a `DiscoveryRequest` in ProtoJSON, answered by a `DiscoveryResponse`, or 304. */
export class Rest {
  readonly #polls: Polls;
  readonly #bodies: RestBodies;
  readonly #reader = new PollReader();

  /** @param schema asked at each conversion: what it knows may grow */
  constructor(polls: Polls, controlPlaneId: string, schema: () => Schema) {
    this.#polls = polls;
    this.#bodies = new RestBodies(controlPlaneId, schema);
  }

  /** Judges a request by its head; `undefined`: its path is not of REST. */
  onRequest(head: HttpHead): HttpAnswer | HttpBodyHandler | undefined {
    const typeUrl = readRestHead(head);
    if (typeof typeUrl !== "string") return typeUrl;
    return (body) => this.#poll(head, typeUrl, body);
  }

  #poll(head: HttpHead, typeUrl: string, body: Uint8Array): HttpAnswer {
    const poll = this.#reader.read(body, typeUrl);
    if ("fault" in poll) return problem(400, poll.fault);
    const answer = this.#polls.take(head.connection, head.userAgent, poll, "rest");
    if (answer.kind === "unchanged") return { status: 304 };
    if (answer.kind === "not-ready") return { ...problem(503, answer.reason), retryAfterS: RETRY_AFTER_S };
    if (answer.kind === "too-many") return { ...problem(429, answer.reason), retryAfterS: RETRY_AFTER_S };
    const made = this.#bodies.bodyOf(answer.plan, poll.node.id);
    if ("fault" in made) {
      answer.lost();
      return problem(500, made.fault);
    }
    return {
      status: 200,
      contentType: "application/json",
      body: made.bytes,
      onDone: (isWhole) => (isWhole ? answer.sent(made.bytes.length) : answer.lost()),
    };
  }
}
