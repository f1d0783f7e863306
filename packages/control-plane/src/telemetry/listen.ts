import { type ChannelMessages, xdsChannel } from "@fairlead/xds";

/** Listens to one of the xDS server's channels; returns the function that stops it. */
export function listen<N extends keyof ChannelMessages>(
  name: N,
  listener: (message: ChannelMessages[N]) => void,
): () => void {
  const channel = xdsChannel(name);
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}
