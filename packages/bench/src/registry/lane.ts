/** What is sent to the registry at once. */
export interface Message {
  readonly kind: "register" | "heartbeat" | "deregister";
  /** Numbers of instances. */
  readonly instances: readonly number[];
  /** Of their messages so far; the largest of all is fine. */
  readonly sequence: number;
}

/** Hears what became of a message: how many of its instances were not taken up, and the first reason. */
export type OnAnswer = (refused: number, why: string | undefined) => void;

/** A way to the registry: connections or streams that are used by turns. */
export interface Lane {
  /** Sends as soon as there is room; the answer comes once. */
  send(message: Message, onAnswer: OnAnswer): void;
  /** Resolves when all connections are there. @throws BenchError `target-unreachable` */
  open(): Promise<void>;
  close(): void;
}
