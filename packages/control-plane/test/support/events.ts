import { once } from "node:events";
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { until } from "./until.ts";

/** One server-sent event. */
export interface ReadEvent {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests are about
  readonly data: any;
}

/** A reader of server-sent events. */
export interface EventReader {
  readonly response: IncomingMessage;
  readonly request: ClientRequest;
  /** What came so far, without comments. */
  readonly events: readonly ReadEvent[];
  readonly isEnded: () => boolean;
  /** Waits for an event that fits. */
  find(what: string, fits: (event: ReadEvent) => boolean): Promise<ReadEvent>;
}

/** Opens a stream of events; with `paused` nothing is read until the response is resumed. */
export async function readEvents(
  t: TestContext,
  url: string,
  { headers = {}, paused = false }: { headers?: Record<string, string>; paused?: boolean } = {},
): Promise<EventReader> {
  const request = get(url, { headers, agent: false });
  t.after(() => request.destroy());
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const events: ReadEvent[] = [];
  let isEnded = false;
  let rest = "";
  const take = (chunk: string) => {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const data = fields.get("data");
      if (data === undefined) continue;
      events.push({ type: fields.get("event") ?? "message", id: fields.get("id") ?? "", data: JSON.parse(data) });
    }
  };
  response.setEncoding("utf8");
  response.on("error", () => {});
  response.on("close", () => {
    isEnded = true;
  });
  if (paused) response.pause();
  response.on("data", take);
  if (paused) response.pause();
  return {
    response,
    request,
    events,
    isEnded: () => isEnded,
    async find(what, fits) {
      await until(`${what}; came: ${events.map(({ type }) => type)}`, () => events.some(fits));
      return events.find(fits)!;
    },
  };
}
