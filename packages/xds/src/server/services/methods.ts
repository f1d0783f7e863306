import {
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { decode } from "@fairlead/envoy-api";
import { frameMessage } from "../../grpc/frame.ts";
import { status } from "../../grpc/status.ts";
import type { GrpcStatus, ServerStream } from "../transport.ts";
import type { ServedMethod, Steps, Work } from "./service.ts";

/** A method as protobuf-es describes it, with its kind and types. */
export interface MethodOf<K extends DescMethod["methodKind"], I extends DescMessage, O extends DescMessage>
  extends DescMethod {
  readonly methodKind: K;
  readonly input: I;
  readonly output: O;
}

/** What an answer is: a message's content, or the status that a call ends with instead. */
export type Reply<O extends DescMessage> = { readonly reply: MessageInitShape<O> } | { readonly refusal: GrpcStatus };

/** A call with more than one answer. */
export interface Replies<O extends DescMessage> {
  readonly stream: ServerStream;
  send(reply: MessageInitShape<O>): void;
  end(answer: GrpcStatus): void;
}

const OK = status("OK");

/** One request, one answer. */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: MethodOf<"unary", I, O>,
  answer: (request: MessageShape<I>, stream: ServerStream) => Reply<O> | Steps<Reply<O>>,
): ServedMethod {
  return {
    path: pathOf(method),
    takesOne: true,
    open: (stream) => ({
      *onRequest(bytes) {
        const answered = answer(decodeAs(method.input, bytes), stream);
        finish(stream, method.output, isSteps(answered) ? yield* answered : answered);
      },
      onEnd: () => {},
    }),
  };
}

/** A call that answers until it ends. */
export interface Answering {
  /** The client has taken what was queued for it (`Replies.stream.queuedBytes`). */
  onDrain?(): void;
  /** The call is over. */
  onClose(): void;
}

/** One request, and answers until the call ends. */
export function serverStreaming<I extends DescMessage, O extends DescMessage>(
  method: MethodOf<"server_streaming", I, O>,
  open: (request: MessageShape<I>, replies: Replies<O>) => Answering,
): ServedMethod {
  return {
    path: pathOf(method),
    takesOne: true,
    open: (stream) => {
      let answering: Answering | undefined;
      return {
        onRequest: (bytes) => {
          answering = open(decodeAs(method.input, bytes), repliesTo(stream, method.output));
          return undefined;
        },
        onEnd: () => {},
        onDrain: () => answering?.onDrain?.(),
        onClose: () => answering?.onClose(),
      };
    },
  };
}

/** Any number of requests, taken as bytes; the answer comes when the client has ended its side. */
export function clientStreaming<I extends DescMessage, O extends DescMessage>(
  method: MethodOf<"client_streaming", I, O>,
  open: (stream: ServerStream) => {
    readonly onRequest: (bytes: Uint8Array) => Steps | undefined;
    readonly onEnd: () => Reply<O>;
    readonly onClose?: () => void;
  },
): ServedMethod {
  return {
    path: pathOf(method),
    takesOne: false,
    open: (stream) => {
      const handler = open(stream);
      return { ...handler, onEnd: () => finish(stream, method.output, handler.onEnd()) };
    },
  };
}

/** Any number of requests, taken as bytes, and of answers. The client's half-close ends the call. */
export function bidiStreaming<I extends DescMessage, O extends DescMessage>(
  method: MethodOf<"bidi_streaming", I, O>,
  open: (replies: Replies<O>) => {
    readonly onRequest: (bytes: Uint8Array) => Work;
    readonly onClose?: () => void;
  },
): ServedMethod {
  return {
    path: pathOf(method),
    takesOne: false,
    open: (stream) => ({ ...open(repliesTo(stream, method.output)), onEnd: () => stream.end(OK) }),
  };
}

/** Decodes a request. @throws EnvoyApiError `bytes_invalid` */
export function decodeAs<I extends DescMessage>(desc: I, bytes: Uint8Array): MessageShape<I> {
  return decode(desc, bytes) as MessageShape<I>;
}

function repliesTo<O extends DescMessage>(stream: ServerStream, output: O): Replies<O> {
  return {
    stream,
    send: (reply) => send(stream, output, reply),
    end: (answer) => stream.end(answer),
  };
}

function send<O extends DescMessage>(stream: ServerStream, output: O, reply: MessageInitShape<O>): void {
  stream.send(frameMessage(toBinary(output, create(output, reply))));
}

function finish<O extends DescMessage>(stream: ServerStream, output: O, found: Reply<O>): void {
  if ("reply" in found) send(stream, output, found.reply);
  stream.end("reply" in found ? OK : found.refusal);
}

function isSteps<T extends object>(found: T | Steps<T>): found is Steps<T> {
  return Symbol.iterator in found;
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}
