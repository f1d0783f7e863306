import { type ChannelMessages, xdsChannel } from "@fairlead/xds";
import { type RegistryMessages, registryChannel } from "../registry/channels.ts";
import { type SourceMessages, sourceChannel } from "../sources/channels.ts";
import { type StoreMessages, storeChannel } from "../store/channels.ts";

/** Listens to one of the xDS server's channels; returns the function that stops it. */
export function listen<N extends keyof ChannelMessages>(
  name: N,
  listener: (message: ChannelMessages[N]) => void,
): () => void {
  const channel = xdsChannel(name);
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}

/** Listens to one of the sources' channels; returns the function that stops it. */
export function listenSource<N extends keyof SourceMessages>(
  name: N,
  listener: (message: SourceMessages[N]) => void,
): () => void {
  const channel = sourceChannel(name);
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}

/** Listens to one of the registry's channels; returns the function that stops it. */
export function listenRegistry<N extends keyof RegistryMessages>(
  name: N,
  listener: (message: RegistryMessages[N]) => void,
): () => void {
  const channel = registryChannel(name);
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}

/** Listens to one of the stores' channels; returns the function that stops it. */
export function listenStore<N extends keyof StoreMessages>(
  name: N,
  listener: (message: StoreMessages[N]) => void,
): () => void {
  const channel = storeChannel(name);
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}
