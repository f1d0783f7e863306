import { channel } from "node:diagnostics_channel";
import type { Fault } from "../validation/fault.ts";

/** Payloads of the `diagnostics_channel`s that sources publish on, by channel name. */
export interface SourceMessages {
  /** A source brought the store to a new revision. */
  "fairlead:source:committed": {
    source: string;
    /** Who asked for it, by their own word; `undefined`: the source itself, or nobody said. */
    author?: string | undefined;
    /** Why, in the words of whoever asked. */
    reason?: string | undefined;
    revision: number;
    groups: readonly string[];
    /** Faults that did not keep anything from being served. */
    warnings: readonly Fault[];
    /** From the first sign of the change to its commit, ms. */
    tookMs: number;
  };
  /** A group (`undefined`: all of the source) cannot be read as it is now and keeps its last good state. */
  "fairlead:source:faulty": { source: string; group: string | undefined; faults: readonly Fault[] };
  /** What was faulty is well again. */
  "fairlead:source:recovered": { source: string; group: string | undefined; faultyMs: number };
  /** What a resource file in TypeScript printed while it ran. */
  "fairlead:source:printed": { source: string; file: string; text: string };
  /** Something that the source can do without failed: a watch, say, where polling goes on. */
  "fairlead:source:warning": { source: string; message: string };
}

/** The channel of that name, with its payload typed. Publishing costs nothing while nobody subscribes. */
export function sourceChannel<N extends keyof SourceMessages>(
  name: N,
): {
  readonly hasSubscribers: boolean;
  publish(message: SourceMessages[N]): void;
  subscribe(listener: (message: SourceMessages[N]) => void): void;
  unsubscribe(listener: (message: SourceMessages[N]) => void): boolean;
} {
  return channel(name) as never;
}
