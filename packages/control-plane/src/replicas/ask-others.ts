import type { Replica } from "./membership.ts";

/** What the others are asked, by their admin APIs. */
export interface Question {
  /** Path and query; the query says `local=true`, so that nobody asks on. */
  readonly path: string;
  /** POSTs it as JSON. Default: GET. */
  readonly body?: unknown;
  /** How long an answer may take, ms. Default {@link ASK_MS}. */
  readonly timeoutMs?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** A replica that gave no answer. */
export interface MissingReplica {
  readonly replica: string;
  readonly reason: string;
}

/** What came of asking. */
export interface Asked<T> {
  readonly answers: readonly { readonly replica: Replica; readonly value: T }[];
  readonly missing: readonly MissingReplica[];
}

/** How long a replica's answer is waited for, ms. */
const ASK_MS = 5_000;
/** Replicas that are asked at a time. */
const MAX_AT_ONCE = 16;
/** Characters of a reason. */
const MAX_REASON = 300;

/** Asks replicas one question, several at a time. One that does not answer in time, or with a failure, is told of as missing. */
export async function askOthers<T>(others: readonly Replica[], question: Question): Promise<Asked<T>> {
  const answers: { replica: Replica; value: T }[] = [];
  const missing: MissingReplica[] = [];
  const queue = [...others];
  const askNext = async (): Promise<void> => {
    for (let replica = queue.shift(); replica; replica = queue.shift()) {
      try {
        answers.push({ replica, value: await ask<T>(replica, question) });
      } catch (error) {
        missing.push({ replica: replica.id, reason: reasonOf(error).slice(0, MAX_REASON) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, queue.length) }, askNext));
  return { answers, missing };
}

/** Asks one replica. @throws Error with why there is no answer */
export async function ask<T>({ adminUrl }: Replica, question: Question): Promise<T> {
  const { path, body, timeoutMs = ASK_MS, signal } = question;
  const late = AbortSignal.timeout(timeoutMs);
  const response = await fetch(adminUrl + path, {
    signal: signal ? AbortSignal.any([late, signal]) : late,
    redirect: "error",
    ...(body !== undefined && {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${adminUrl} answers ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** `fetch` hides what happened one level down. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
