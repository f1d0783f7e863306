import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { FairleadError } from "../../errors.ts";
import { duplicates } from "../../registry/duplicates.ts";
import type { InstanceKey, Registration } from "../../registry/instance.ts";
import type { Refusal } from "../../registry/registry.ts";
import { admitReaders } from "../admit-readers.ts";
import type { AdminContext } from "../context.ts";
import { instanceDocument } from "../instance-document.ts";
import { pageOf } from "../page.ts";
import { EVENT_STREAM, EventsHeaders } from "../schemas/events.ts";
import {
  AnnouncementResult,
  DeregisterQuery,
  Heartbeat,
  InstanceDocument,
  InstanceEventsQuery,
  InstancePath,
  InstancesPage,
  InstancesQuery,
  PostAnnouncement,
  PutInstance,
  RegisteredInstance,
  ServicePath,
} from "../schemas/instances.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { serviceUnknown } from "../service-unknown.ts";
import { streamInstances } from "../stream-instances.ts";

/** Readers of instances at a time. */
const MAX_READERS = 256;

const PATH = "/v1/services/:service/instances/:id";
const NOTHING: readonly never[] = [];
const DONE = z.null().describe("Done; there is no body.");

/** Instances of services: they announce themselves, and are shown. */
export function instanceRoutes({ registry, store, closing }: AdminContext): FastifyPluginAsyncZod {
  const isAdmitted = admitReaders(MAX_READERS, "follow instances");
  return async (app) => {
    app.put(
      PATH,
      {
        schema: {
          operationId: "putInstance",
          summary: "Register an instance, or change it",
          description:
            "Answered when it is kept for good; many at a time share one write. `address` and `port` are enough. Sent again without " +
            "anything new it is a heartbeat, which writes nothing.",
          tags: ["services"],
          params: InstancePath,
          body: PutInstance,
          response: withProblems(
            { 200: RegisteredInstance.describe("It was registered already."), 201: RegisteredInstance },
            400,
            409,
            413,
            503,
            507,
          ),
        },
      },
      async ({ params: { service, id }, body }, reply) => {
        const isNew = registry.instance(service, id) === undefined;
        const { refusals, revision } = await registry.announce({
          register: [registrationOf(service, id, body)],
          heartbeats: NOTHING,
          deregister: NOTHING,
        });
        throwRefusal(refusals[0]);
        reply.code(isNew ? 201 : 200);
        return { service, id, revision };
      },
    );

    app.post(
      `${PATH}/heartbeat`,
      {
        schema: {
          operationId: "heartbeat",
          summary: "Say that an instance is there",
          description: "Without a body, or with the number of the message. It is not written down.",
          tags: ["services"],
          params: InstancePath,
          body: Heartbeat,
          response: withProblems({ 204: DONE }, 400, 404, 409, 413),
        },
      },
      (request, reply) => {
        const { params, body } = request;
        const refusal = registry.heartbeat(keyOf(params.service, params.id, body ?? {}));
        if (refusal) throwRefusal({ ...refusal, message: `${refusal.message}${heardOf(refusal.key)}` });
        reply.code(204).send(null);
      },
    );

    app.delete(
      PATH,
      {
        schema: {
          operationId: "deleteInstance",
          summary: "Deregister an instance",
          description:
            "Answered when that is kept for good. To lose no request, first register it with `status: DRAINING`, and let it finish.",
          tags: ["services"],
          params: InstancePath,
          querystring: DeregisterQuery,
          response: withProblems({ 204: DONE }, 400, 404, 409, 503),
        },
      },
      async ({ params: { service, id }, query }, reply) => {
        const deregister = [keyOf(service, id, query)];
        const { refusals } = await registry.announce({ register: NOTHING, heartbeats: NOTHING, deregister });
        throwRefusal(refusals[0]);
        return reply.code(204).send(null);
      },
    );

    app.post(
      "/v1/announcements",
      {
        schema: {
          operationId: "announce",
          summary: "Register, beat and deregister for many instances at once",
          description:
            "For an agent that speaks for many. What is wrong with one instance keeps no other from being taken up: it is among " +
            "the `refusals`. A body that is not as described here is refused as a whole. The same over one gRPC call: " +
            "`GET /v1/registry.proto`.",
          tags: ["services"],
          body: PostAnnouncement,
          response: withProblems({ 200: AnnouncementResult }, 400, 413, 503, 507),
        },
      },
      async ({ body }) => {
        const register = body.register.map(({ service, id, ...said }) => registrationOf(service, id, said));
        refuseDuplicates(register);
        const { refusals, revision } = await registry.announce({
          register,
          heartbeats: body.heartbeats.map((key) => keyOf(key.service, key.id, key)),
          deregister: body.deregister.map((key) => keyOf(key.service, key.id, key)),
        });
        return { revision, refusals: refusals.map(({ key, code, message }) => ({ ...key, code, message })) };
      },
    );

    app.get(
      "/v1/services/:service/instances",
      {
        schema: {
          operationId: "listInstances",
          summary: "List the instances of a service",
          tags: ["services"],
          params: ServicePath,
          querystring: InstancesQuery,
          response: withProblems({ 200: InstancesPage }, 400, 404),
        },
      },
      async ({ params: { service }, query }) => {
        const wanted = Iterator.from(registry.instances(service)).filter(
          ({ isHealthy, status }) =>
            (query.healthy === undefined || String(isHealthy) === query.healthy) &&
            (query.status === undefined || status === query.status),
        );
        const page = pageOf(wanted, ({ id }) => id, query);
        if (page.items.length === 0 && !isKnown(service)) throw serviceUnknown(service);
        const instances = page.items.map((instance) =>
          instanceDocument(instance, registry.heard(service, instance.id)),
        );
        return { service, revision: store.state().revision, instances, next: page.next };
      },
    );

    app.get(
      PATH,
      {
        schema: {
          operationId: "getInstance",
          summary: "Show one instance",
          tags: ["services"],
          params: InstancePath,
          response: withProblems({ 200: InstanceDocument }, 400, 404),
        },
      },
      async ({ params: { service, id } }) => {
        const instance = registry.instance(service, id);
        if (instance) return instanceDocument(instance, registry.heard(service, id));
        throw new FairleadError(
          "instance-unknown",
          `Service ${service} has no instance ${id}: register it ('fairlead register', or PUT it here).`,
        );
      },
    );

    app.get(
      "/v1/instances/events",
      {
        schema: {
          operationId: "streamInstances",
          summary: "Follow instances",
          description: EVENTS,
          tags: ["services"],
          querystring: InstanceEventsQuery,
          headers: EventsHeaders,
          response: withProblems({ 200: EVENT_STREAM }, 400, 503),
        },
      },
      async ({ query, headers }, reply) => {
        if (!isAdmitted(reply)) return;
        const services = query.services === undefined ? undefined : new Set(query.services.split(","));
        streamInstances(store, reply.raw, { services, lastId: headers["last-event-id"], closing });
      },
    );
  };

  /** What is known of an instance, for who is behind it. */
  function heardOf({ service, id }: InstanceKey): string {
    const heard = registry.heard(service, id);
    return heard ? `; known are incarnation ${heard.incarnation}, sequence ${heard.sequence}` : "";
  }

  function isKnown(service: string): boolean {
    return Iterator.from(registry.services()).some((name) => name === service);
  }
}

const EVENTS = [
  "Server-sent events (`text/event-stream`): `start`, and `instances` with all that there are, in parts; then `instances` with each " +
    "change: `instances` (as `GET` shows them) and `removed` (`service`, `id`).",
  "The part that completes a revision has it as its `id` and `revision`: with that as `Last-Event-ID` a reader goes on, on any " +
    "replica. If what came since then is not remembered, `reset` comes: all instances follow, and all others are gone.",
  "Heartbeats are not told. A reader that is slow is told the newest state when it has read, not each on the way.",
  "`end` has a `reason`: `draining`, or `slow` (nothing was read for a long time).",
].join(" ");

const NO_LOCALITY: Registration["locality"] = { region: "", zone: "", subZone: "" };
const NO_METADATA: Registration["metadata"] = {};

function registrationOf(service: string, id: string, said: PutInstance): Registration {
  const { address, port, hostname, weight = 0, status = "UP", ttlMs = 0 } = said;
  const metadata = (said.metadata as Registration["metadata"] | undefined) ?? NO_METADATA; // it comes from JSON
  const { incarnation = 0, sequence = 0 } = said;
  const { region = "", zone = "", subZone = "" } = said.locality ?? NO_LOCALITY;
  const locality = { region, zone, subZone };
  return { service, id, incarnation, sequence, address, port, hostname, weight, locality, metadata, status, ttlMs };
}

function keyOf(
  service: string,
  id: string,
  {
    incarnation = 0,
    sequence = 0,
  }: { readonly incarnation?: number | undefined; readonly sequence?: number | undefined },
): InstanceKey {
  return { service, id, incarnation, sequence };
}

function throwRefusal(refusal: Refusal | undefined): void {
  if (refusal) throw new FairleadError(refusal.code, refusal.message);
}

/** An agent that names an instance twice has a fault of its own: nothing of its request is taken up. */
function refuseDuplicates(register: readonly Registration[]): void {
  const twice = duplicates(register);
  if (twice.size === 0) return;
  const faults = [...twice].map(([registration, message]) => ({
    severity: "error" as const,
    rule: "name.duplicate",
    message,
    pointer: `/register/${register.indexOf(registration)}`,
  }));
  throw new FairleadError("request-invalid", `Nothing was taken up: ${faults[0]!.message}.`, { faults });
}
