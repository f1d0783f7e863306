import { channel } from "node:diagnostics_channel";

/** Payloads of the `diagnostics_channel`s that the registry publishes on, by channel name. */
export interface RegistryMessages {
  /** An instance that this replica owns is otherwise than before, for good. */
  "fairlead:registry:instance": {
    service: string;
    id: string;
    change: "registered" | "changed" | "unhealthy" | "healthy" | "deregistered" | "expired";
  };
  /** Too many instances of a service fell silent at once, and are kept; or that is over. */
  "fairlead:registry:mass-expiry": {
    service: string;
    /** `accepted`: an operator said that they are gone. */
    state: "raised" | "recovered" | "accepted";
    silent: number;
    total: number;
  };
  /** A replica is gone, and its instances belong to another now. */
  "fairlead:registry:adopted": { replica: string; by: string; instances: number };
  /** This process was away itself, so that nobody is blamed for silence: everybody has a full TTL again. */
  "fairlead:registry:away": { awayMs: number };
  /** A commit of instances was made, or failed. */
  "fairlead:registry:committed": { changes: number; tookMs: number; error: unknown };
  /** Heartbeats could not be passed on to the replica that owns their instances. */
  "fairlead:registry:forward-failed": { owner: string; heartbeats: number; error: unknown };
}

/** The channel of that name, with its payload typed. Publishing costs nothing while nobody subscribes. */
export function registryChannel<N extends keyof RegistryMessages>(
  name: N,
): {
  readonly hasSubscribers: boolean;
  publish(message: RegistryMessages[N]): void;
  subscribe(listener: (message: RegistryMessages[N]) => void): void;
  unsubscribe(listener: (message: RegistryMessages[N]) => void): boolean;
} {
  return channel(name) as never;
}

/** What the registry's core tells, as an effect; the registry publishes it. */
export type RegistryNews = {
  [N in keyof RegistryMessages]: { readonly about: N; readonly message: RegistryMessages[N] };
}[keyof RegistryMessages];

/** Publishes, if anybody listens. */
export function publish<N extends keyof RegistryMessages>(name: N, message: RegistryMessages[N]): void {
  const channel = registryChannel(name);
  if (channel.hasSubscribers) channel.publish(message);
}
