/**
 * What the threads say to each other. A record has a kind, two numbers `a` and `b`, and bytes. A `handle` names a stream
 * or an HTTP request of one worker, a `slot` a frame in shared memory that the worker was given before.
 */

/** From the engine's thread to a worker. */
export const toWorker = {
  /** `a`: slot. The attachment is its frame. */
  setSlot: 1,
  /** `a`: slot. Its frame is used no more. */
  clearSlot: 2,
  /** `a`: slot; bytes: the handles of the streams that it is sent to, 32 bits each. */
  sendSlot: 3,
  /** `a`: how many handles; bytes: those, then the frame. */
  sendInline: 4,
  /** `a`: handle; bytes: a `GrpcStatus` as JSON. */
  end: 5,
  /** `a`: handle. */
  pause: 6,
  /** `a`: handle. */
  resume: 7,
  /** `a`: the connection's id; bytes: what it is allowed, as JSON. */
  allow: 8,
  /** `a`: handle; `b`: the length of the {@link AnswerHead} in the bytes; behind it the body. */
  answer: 9,
  /** As `answer`, with the body in the attachment. */
  answerAttached: 10,
  drain: 11,
  close: 12,
} as const;

/** From a worker to the engine's thread. */
export const toEngine = {
  /** Bytes: the bound address, as JSON. */
  listening: 1,
  /** Bytes: a {@link FaultText}. It does not listen, and is about to end. */
  failed: 2,
  /** `a`: handle; bytes: a {@link CallHead}. */
  open: 3,
  /** `a`: handle; bytes: one message. */
  message: 4,
  /** `a`: handle; the attachment is one message. */
  messageAttached: 5,
  /** `a`: handle. */
  halfClosed: 6,
  /** `a`: handle; `b`: bytes that the kernel has taken since it was last told of. */
  taken: 7,
  /** `a`: handle; `b`: bytes that were still queued; bytes: the reason. */
  closed: 8,
  /** `a`: handle; `b`: the length of the {@link RequestHead} in the bytes; behind it the body. */
  request: 9,
  /** As `request`, with the body in the attachment. */
  requestAttached: 10,
  /** `a`: handle; `b`: 1 if the kernel took all of the answer. */
  answered: 11,
  /** Bytes: the name of a channel and a message for it, as JSON. */
  event: 12,
  /** Bytes: a {@link FaultText}. */
  fault: 13,
  drained: 14,
  closedAll: 15,
} as const;

/** A connection, told of with the first of its streams that are open: the others name it by its id. */
export interface ConnectionHead {
  /** Unique in its worker. */
  readonly id: number;
  readonly peer?: string;
  readonly sans?: readonly string[];
}

/** A new gRPC call. */
export interface CallHead {
  readonly connection: ConnectionHead;
  readonly path: string;
  readonly userAgent: string;
  readonly deadlineMs?: number;
}

/** An HTTP request that is no gRPC call. */
export interface RequestHead {
  readonly connection: ConnectionHead;
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly contentLength: number;
  readonly userAgent: string;
}

/** The answer to that. */
export interface AnswerHead {
  readonly status: number;
  readonly contentType?: string;
  readonly retryAfterS?: number;
  /** Its body has been thought of: there is one, though it may be empty. */
  readonly hasBody: boolean;
}

/** An error, as it passes from thread to thread. */
export interface FaultText {
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: FaultText;
}

/** A value as the bytes of a record. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** What {@link encodeJson} made bytes of. */
export function decodeJson<T>(bytes: Uint8Array): T {
  return JSON.parse(decodeText(bytes)) as T;
}

/** Bytes of a record as text. */
export function decodeText({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString();
}

/** An error as text. */
export function faultText(error: unknown): FaultText {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return {
    message,
    ...(stack !== undefined && { stack }),
    ...(typeof code === "string" && { code }),
    ...(cause instanceof Error && { cause: faultText(cause) }),
  };
}

/** The error again, for whoever logs it. */
export function errorOf({ message, stack, code, cause }: FaultText): Error {
  const error: NodeJS.ErrnoException = new Error(message, { ...(cause && { cause: errorOf(cause) }) });
  if (stack !== undefined) error.stack = stack;
  if (code !== undefined) error.code = code;
  return error;
}
