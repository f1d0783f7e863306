import type { TestContext } from "node:test";
import { type ChannelMessages, xdsChannel } from "../../src/channels.ts";

/** What is published on a channel from now on, until the test ends. */
export function hear<N extends keyof ChannelMessages>(t: TestContext, name: N): readonly ChannelMessages[N][] {
  const heard: ChannelMessages[N][] = [];
  const listen = (message: ChannelMessages[N]) => void heard.push(message);
  xdsChannel(name).subscribe(listen);
  t.after(() => xdsChannel(name).unsubscribe(listen));
  return heard;
}
