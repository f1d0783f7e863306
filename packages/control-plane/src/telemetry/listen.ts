import { type ChannelMessages, xdsChannel } from "@fairlead/xds";
import { type SourceMessages, sourceChannel } from "../sources/channels.ts";

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
