import { bidiStreaming, type GrpcStatus, type Replies, type ServedMethod, StatusCode } from "@fairlead/xds";
import {
  type AnnounceResponseSchema,
  Registry as RegistryService,
} from "../../../gen/fairlead/registry/v1/registry_pb.js";
import { FairleadError } from "../../errors.ts";
import { duplicates } from "../duplicates.ts";
import type { Announced, Refusal, Registry } from "../registry.ts";
import { announceResponse } from "./announce-response.ts";
import { type AnnounceRequest, MAX_INSTANCES_PER_REQUEST, readAnnounce } from "./read-announce.ts";

/** Heartbeats that are taken up in one step of work. */
const HEARTBEATS_PER_STEP = 512;

/** `Announce`: many instances over one call. Answers come in the order of the requests, whenever what each changed is kept. */
export function announceMethod(registry: Registry): ServedMethod {
  return bidiStreaming(RegistryService.method.announce, (replies) => {
    const answers = new Answers(replies);
    return {
      *onRequest(bytes) {
        const request = yield* readAnnounce(bytes);
        if (!request) {
          replies.end(TOO_MANY);
          return undefined;
        }
        const isBeat = request.register.length === 0 && request.deregister.length === 0;
        // What comes behind a registration that is not kept yet is taken up behind it.
        if (!isBeat || !answers.areAllSent) return answers.later(request.id, announce(registry, request));
        const refusals: Refusal[] = [];
        for (const [index, key] of request.heartbeats.entries()) {
          if (index % HEARTBEATS_PER_STEP === HEARTBEATS_PER_STEP - 1) yield;
          const refusal = registry.heartbeat(key);
          if (refusal) refusals.push(refusal);
        }
        answers.send(request.id, { refusals, revision: 0 });
        return undefined;
      },
      onClose: () => answers.close(),
    };
  });
}

const TOO_MANY: GrpcStatus = {
  code: StatusCode.INVALID_ARGUMENT,
  message: `a request names more than ${MAX_INSTANCES_PER_REQUEST} instances, nothing of it was taken up: send several requests`,
};

/** Answers of one call, in the order of its requests. */
class Answers {
  readonly #replies: Replies<typeof AnnounceResponseSchema>;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(replies: Replies<typeof AnnounceResponseSchema>) {
    this.#replies = replies;
  }

  get areAllSent(): boolean {
    return this.#waiting === 0;
  }

  send(id: Uint8Array, { refusals, revision }: Announced): void {
    if (!this.#isClosed) this.#replies.stream.send(announceResponse(id, refusals, revision));
  }

  /** Sends an answer behind all before it. */
  later(id: Uint8Array, announced: Promise<Announced>): Promise<void> {
    this.#waiting += 1;
    const before = this.#last;
    const sent = announced.then(async (answer) => {
      await before;
      this.#waiting -= 1;
      this.send(id, answer);
    });
    this.#last = sent.catch(() => {});
    return sent;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** Takes up what may be; what cannot be kept now is refused one by one, so that the call goes on. */
async function announce(registry: Registry, request: AnnounceRequest): Promise<Announced> {
  const twice = duplicates(request.register);
  const register = twice.size === 0 ? request.register : request.register.filter((key) => !twice.has(key));
  const { heartbeats, deregister } = request;
  const refused = [...twice.entries()].map(([key, message]): Refusal => ({ key, code: "instance-invalid", message }));
  try {
    const { refusals, revision } = await registry.announce({ register, heartbeats, deregister });
    return { refusals: refused.length === 0 ? refusals : [...refused, ...refusals], revision };
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    const { code, message } = error;
    const lost = [...register, ...deregister].map((key): Refusal => ({ key, code, message }));
    return { refusals: [...refused, ...lost], revision: 0 };
  }
}
