import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { admitReaders } from "../admit-readers.ts";
import type { AdminContext } from "../context.ts";
import { EVENT_STREAM, EventsHeaders, EventsQuery, readEventTypes } from "../schemas/events.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { streamEvents } from "../stream-events.ts";

/** Readers of events at a time. */
const MAX_READERS = 64;

const DESCRIPTION = [
  "Server-sent events (`text/event-stream`): each has a type, an `id` and JSON as its data, with `at` and what follows.",
  "`revision`: what `GET /v1/revisions` shows of it.",
  "`converged` (`group`, `revision`, `acked`, `rejected`, `tookMs`): every connected proxy has accepted or rejected a revision " +
    "that was made since somebody reads events.",
  "`connected`, `disconnected` (`node`, `peer`, `group`, `reason`).",
  "`acked` (`node`, `group`, `typeUrl`, `version`, `convergenceMs`), `nacked` (with `code` and `message`).",
  "`faulty` (`source`, `group`, `faults`), `recovered` (`faultyMs`): a source or group cannot be read, or can again.",
  "Besides: `start` with the present `revision`, from where on nothing is missed; `reset` instead, when what came after " +
    "`Last-Event-ID` is no longer remembered (`admin.maxEvents`): read anew what you follow; `end` with a `reason`: " +
    "`draining`, `slow` (events came faster than they were read), `complete`.",
].join(" ");

/** Events: what happens, as it happens. */
export function eventRoutes({ events, store, closing }: AdminContext): FastifyPluginAsyncZod {
  const isAdmitted = admitReaders(MAX_READERS, "read events");
  return async (app) => {
    app.get(
      "/v1/events",
      {
        schema: {
          operationId: "streamEvents",
          summary: "Follow what happens",
          description: DESCRIPTION,
          tags: ["events"],
          querystring: EventsQuery,
          headers: EventsHeaders,
          response: withProblems({ 200: EVENT_STREAM }, 400, 503),
        },
      },
      async ({ query, headers }, reply) => {
        if (!isAdmitted(reply)) return;
        streamEvents(events, reply.raw, {
          filter: { types: readEventTypes(query.types), group: query.group },
          lastId: headers["last-event-id"],
          follow: query.follow === "true",
          revision: () => store.state().revision,
          closing,
        });
      },
    );
  };
}
