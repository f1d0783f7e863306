import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { FairleadError } from "../../errors.ts";
import { isGroupName } from "../../groups/name.ts";
import { serviceNameFault } from "../../registry/check-registration.ts";
import { serviceDocumentKey } from "../../registry/instance.ts";
import type { MassExpiry } from "../../registry/registry.ts";
import { templateDocumentKey } from "../../registry/resources/settings.ts";
import type { Json } from "../../store/store.ts";
import { type Fault, formatFault } from "../../validation/fault.ts";
import type { AdminContext } from "../context.ts";
import { pageOf } from "../page.ts";
import { ServicePath } from "../schemas/instances.ts";
import {
  AcceptedLoss,
  AlarmsList,
  DocumentQuery,
  ServiceDetail,
  type ServiceDocument,
  ServiceSettings,
  ServicesPage,
  ServicesQuery,
  Template,
  TemplatePath,
  TemplatesList,
  Written,
} from "../schemas/services.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { serviceUnknown } from "../service-unknown.ts";
import { writeDocument } from "../write-document.ts";

const SERVICE = "/v1/services/:service";
const TEMPLATE = "/v1/templates/:group";
const TEMPLATES = templateDocumentKey("");

/** Services: what there are, what they and their groups have otherwise than the defaults, and which fell silent. */
export function serviceRoutes(context: AdminContext): FastifyPluginAsyncZod {
  const { registry, store, templates } = context;
  return async (app) => {
    app.get(
      "/v1/services",
      {
        schema: {
          operationId: "listServices",
          summary: "List services",
          tags: ["services"],
          querystring: ServicesQuery,
          response: withProblems({ 200: ServicesPage }, 400),
        },
      },
      async ({ query }) => {
        const alarms = alarmByService();
        const page = pageOf(registry.services(), (service) => service, query);
        const services = page.items.map((service) => ({
          ...countInstances(service, alarms),
          settings: Object.keys(settingsOf(service) ?? {}).length > 0,
        }));
        return { revision: store.state().revision, services, next: page.next };
      },
    );

    app.get(
      SERVICE,
      {
        schema: {
          operationId: "getService",
          summary: "Show one service",
          tags: ["services"],
          params: ServicePath,
          response: withProblems({ 200: ServiceDetail }, 400, 404),
        },
      },
      async ({ params: { service } }) => {
        const settings = settingsOf(service);
        const document = countInstances(service, alarmByService());
        if (document.instances === 0 && settings === undefined) throw serviceUnknown(service);
        return { ...document, ...(settings !== undefined && { settings: settings as ServiceSettings }) };
      },
    );

    app.put(
      SERVICE,
      {
        schema: {
          operationId: "putService",
          summary: "Say what a service has of its own",
          description:
            "Replaces its settings: groups, protocol, and what its resources have otherwise. Instances stay as they are, and need not " +
            "be there yet.",
          tags: ["services"],
          params: ServicePath,
          querystring: DocumentQuery,
          body: ServiceSettings,
          response: withProblems({ 200: Written }, 400, 413, 503, 507),
        },
      },
      async ({ params: { service }, query, body }) => {
        const fault = serviceNameFault(service);
        if (fault !== undefined) throw new FairleadError("request-invalid", `${fault}.`);
        refuseFaulty(templates.settingsFaults(service, body));
        return await writeDocument(context, { key: serviceDocumentKey(service), value: body as Json, query });
      },
    );

    app.delete(
      SERVICE,
      {
        schema: {
          operationId: "deleteService",
          summary: "Take away what a service has of its own",
          description:
            "Its instances stay, and are served by the templates of their group. A service without instances ends, and its resources go.",
          tags: ["services"],
          params: ServicePath,
          querystring: DocumentQuery,
          response: withProblems({ 200: Written }, 400, 404, 503),
        },
      },
      async ({ params: { service }, query }) => {
        if (settingsOf(service) !== undefined) {
          return await writeDocument(context, { key: serviceDocumentKey(service), value: undefined, query });
        }
        throw new FairleadError(
          "service-unknown",
          `Service ${service} has no settings of its own: nothing to take away.`,
        );
      },
    );

    app.get(
      "/v1/templates",
      {
        schema: {
          operationId: "listTemplates",
          summary: "List the templates of groups",
          tags: ["services"],
          response: withProblems({ 200: TemplatesList }),
        },
      },
      async () => {
        const { documents, revision } = store.state();
        const templates = [...documents]
          .filter(([key]) => key.startsWith(TEMPLATES))
          .map(([key, { value }]) => ({ group: key.slice(TEMPLATES.length), template: value as Template }))
          .sort((a, b) => (a.group < b.group ? -1 : 1));
        return { revision, templates };
      },
    );

    app.get(
      TEMPLATE,
      {
        schema: {
          operationId: "getTemplate",
          summary: "Show a group's template",
          tags: ["services"],
          params: TemplatePath,
          response: withProblems({ 200: Template }, 400, 404),
        },
      },
      async ({ params: { group } }) => {
        const document = store.state().documents.get(templateDocumentKey(group));
        if (!document) throw templateUnknown(group);
        return document.value as Template;
      },
    );

    app.put(
      TEMPLATE,
      {
        schema: {
          operationId: "putTemplate",
          summary: "Say what the services of a group have otherwise than the defaults",
          tags: ["services"],
          params: TemplatePath,
          querystring: DocumentQuery,
          body: Template,
          response: withProblems({ 200: Written }, 400, 413, 503, 507),
        },
      },
      async ({ params: { group }, query, body }) => {
        if (!isGroupName(group)) {
          throw new FairleadError("group-invalid", `${JSON.stringify(group)} cannot name a group.`);
        }
        refuseFaulty(templates.templateFaults(group, body));
        return await writeDocument(context, { key: templateDocumentKey(group), value: body as Json, query });
      },
    );

    app.delete(
      TEMPLATE,
      {
        schema: {
          operationId: "deleteTemplate",
          summary: "Take a group's template away",
          tags: ["services"],
          params: TemplatePath,
          querystring: DocumentQuery,
          response: withProblems({ 200: Written }, 400, 404, 503),
        },
      },
      async ({ params: { group }, query }) => {
        const key = templateDocumentKey(group);
        if (store.state().documents.has(key)) return await writeDocument(context, { key, value: undefined, query });
        throw templateUnknown(group);
      },
    );

    app.get(
      "/v1/alarms",
      {
        schema: {
          operationId: "listAlarms",
          summary: "List services that fell silent",
          description: "Of the instances that this replica hears.",
          tags: ["services"],
          response: withProblems({ 200: AlarmsList }),
        },
      },
      async () => ({ alarms: [...alarmByService().values()].sort((a, b) => (a.service < b.service ? -1 : 1)) }),
    );

    app.post(
      "/v1/alarms/:service/accept",
      {
        schema: {
          operationId: "acceptAlarm",
          summary: "Accept that the silent instances of a service are gone",
          description: "They expire now, as if there were no alarm. Until then their last good state is served.",
          tags: ["services"],
          params: ServicePath,
          response: withProblems({ 200: AcceptedLoss }, 400, 404),
        },
      },
      async ({ params: { service } }) => {
        const expired = registry.acceptLoss(service);
        if (expired !== undefined) return { service, expired };
        throw new FairleadError(
          "service-unknown",
          `Service ${service} has no alarm here. 'fairlead get services' (GET /v1/alarms) lists those that are.`,
        );
      },
    );
  };

  function settingsOf(service: string): Json | undefined {
    return store.state().documents.get(serviceDocumentKey(service))?.value;
  }

  function alarmByService() {
    return new Map(Array.from(registry.massExpiries(), (alarm) => [alarm.service, alarmDocument(alarm)]));
  }

  function countInstances(
    service: string,
    alarms: ReadonlyMap<string, ServiceDocument["alarm"]>,
  ): Omit<ServiceDocument, "settings"> {
    let [instances, healthy, draining] = [0, 0, 0];
    for (const { isHealthy, status } of registry.instances(service)) {
      instances += 1;
      if (isHealthy && status === "UP") healthy += 1;
      if (status === "DRAINING") draining += 1;
    }
    const alarm = alarms.get(service);
    return { service, instances, healthy, draining, ...(alarm && { alarm }) };
  }
}

function refuseFaulty(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new FairleadError("resources-invalid", faults.map(formatFault).join("\n"), { faults });
}

function alarmDocument({ sinceMs, ...alarm }: MassExpiry) {
  return { ...alarm, since: new Date(sinceMs).toISOString() };
}

function templateUnknown(group: string): FairleadError {
  const message = `Group ${group} has no template: its services have the defaults. GET /v1/templates lists those that are.`;
  return new FairleadError("group-unknown", message);
}
