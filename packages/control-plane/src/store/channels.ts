import { channel } from "node:diagnostics_channel";

/** Payloads of the `diagnostics_channel`s that stores publish on, by channel name. `store` is its name, as in its status. */
export interface StoreMessages {
  /** Commits became durable, together. Nothing of the kind is told by a store without a log. */
  "fairlead:store:appended": { store: string; commits: number; tookMs: number };
  /** Commits cannot be kept, or the store cannot be reached: told once, until it recovers. */
  "fairlead:store:trouble": { store: string; error: Error };
  /** It goes again. */
  "fairlead:store:recovered": { store: string; troubledMs: number };
  /** A checkpoint was kept, or (with an error) could not be; then the next is tried when as much again has come. */
  "fairlead:store:checkpoint": { store: string; revision: number; tookMs: number; error: Error | undefined };
}

/** The channel of that name, with its payload typed. Publishing costs nothing while nobody subscribes. */
export function storeChannel<N extends keyof StoreMessages>(
  name: N,
): {
  readonly hasSubscribers: boolean;
  publish(message: StoreMessages[N]): void;
  subscribe(listener: (message: StoreMessages[N]) => void): void;
  unsubscribe(listener: (message: StoreMessages[N]) => void): boolean;
} {
  return channel(name) as never;
}
