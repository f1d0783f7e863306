import type { TestContext } from "node:test";
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { GrpcStatus } from "../../src/server/transport.ts";
import { waitFor } from "../support/wait-for.ts";
import { shareConnection, timeoutMs } from "./started-server.ts";

/** A method of a generated service. */
export interface Method<I extends DescMessage, O extends DescMessage> extends DescMethod {
  readonly input: I;
  readonly output: O;
}

/** A call of a service in a test's hands. */
export interface ServiceCall<I extends DescMessage, O extends DescMessage> {
  /** Every answer so far. */
  readonly answers: readonly MessageShape<O>[];
  readonly ended: Promise<GrpcStatus>;
  send(request: MessageInitShape<I>): void;
  sendBytes(bytes: Uint8Array): void;
  end(): void;
  cancel(): void;
  /** Waits for the next answer; rejects if the call ends without it. */
  next(): Promise<MessageShape<O>>;
}

/** Opens a call, on a connection of its own unless one is given. */
export function openCall<I extends DescMessage, O extends DescMessage>(
  t: TestContext,
  target: string,
  method: Method<I, O>,
  channel = shareConnection(t, target),
): ServiceCall<I, O> {
  const answers: MessageShape<O>[] = [];
  let end: GrpcStatus | undefined;
  let read = 0;
  const { promise: ended, resolve } = Promise.withResolvers<GrpcStatus>();
  const call = channel.call(`/${method.parent.typeName}/${method.name}`, {
    onMessage: (message) => void answers.push(fromBinary(method.output, message)),
    onEnd(status) {
      end = status;
      resolve(status);
    },
  });
  return {
    answers,
    ended,
    send: (request) => call.send(toBinary(method.input, create(method.input, request))),
    sendBytes: (bytes) => call.send(bytes),
    end: () => call.end(),
    cancel: () => call.cancel(),
    async next() {
      const at = read++;
      await waitFor(`answer ${at + 1} of ${method.name}`, () => answers.length > at || end !== undefined, timeoutMs);
      const answer = answers[at];
      if (answer === undefined) throw new Error(`the call ended with ${end!.code}: ${end!.message}`);
      return answer;
    },
  };
}

/** One request and its answer. Rejects with the status if there is none. */
export async function ask<I extends DescMessage, O extends DescMessage>(
  t: TestContext,
  target: string,
  method: Method<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const call = openCall(t, target, method);
  call.send(request);
  call.end();
  return await call.next();
}
