import { z } from "zod";
import { serviceSettingsSchema, templateSchema } from "../../registry/resources/settings.ts";
import { Authorship, DryRun, MAX_NAME_LENGTH, Next, Page } from "./common.ts";
import { DiffCounts, Differences } from "./history.ts";

/** What a service has of its own. */
export const ServiceSettings = serviceSettingsSchema.meta({
  id: "ServiceSettings",
  description:
    "What a service has of its own: the groups it is served to, its protocol, and what its resources have otherwise than templates.",
});

/** What a service has of its own. */
export type ServiceSettings = z.output<typeof ServiceSettings>;

/** What a group's services have otherwise. */
export const Template = templateSchema.meta({
  id: "Template",
  description: "What the resources of services have otherwise than the defaults, in one group.",
});

/** What a group's services have otherwise. */
export type Template = z.output<typeof Template>;

/** How a document that people write is to be written. */
export const DocumentQuery = Authorship.extend({
  dryRun: DryRun,
});

/** What is asked of the list of services. */
export const ServicesQuery = Page;

const MassExpiryDocument = z
  .object({
    service: z.string(),
    since: z.string().describe("Since when."),
    silent: z.int().describe("Instances that are silent for more than their TTL, and kept."),
    total: z.int().describe("Instances of the service."),
  })
  .meta({
    id: "Alarm",
    description:
      "Too many instances of a service fell silent at once, of those that this replica hears: their last good state is served.",
  });

/** One service in numbers. */
export const ServiceDocument = z
  .object({
    service: z.string(),
    instances: z.int().describe("How many are registered."),
    healthy: z.int().describe("How many say `UP`, and their heartbeats come."),
    draining: z.int().describe("How many say `DRAINING`."),
    settings: z.boolean().describe("Whether it has settings of its own."),
    alarm: MassExpiryDocument.optional().describe("Too many of its instances fell silent at once."),
  })
  .meta({ id: "Service", description: "A service in numbers." });
/** One service in numbers. */
export type ServiceDocument = z.infer<typeof ServiceDocument>;

/** All services. */
export const ServicesPage = z
  .object({
    revision: z.int().describe("The newest revision of all."),
    services: z.array(ServiceDocument).describe("Ordered by name."),
    next: Next,
  })
  .meta({ id: "ServicesPage", description: "Services." });

/** One service with its settings. */
export const ServiceDetail = ServiceDocument.extend({
  settings: ServiceSettings.optional().describe("What it has of its own; absent: nothing."),
}).meta({ id: "ServiceDetail", description: "One service, with what it has of its own." });

/** A document that was written. */
export const Written = z
  .object({
    revision: z.int().describe("The revision by which it is kept for good; with `dryRun` the store's present one."),
    changed: z.boolean().describe("`false`: all was as before."),
    counts: DiffCounts.optional().describe("With `dryRun` only."),
    differences: Differences.optional().describe(
      "With `dryRun` only: what would change, in documents and in the resources that are made of them; at most 1,000 entries.",
    ),
  })
  .meta({ id: "Written", description: "What was written, and is kept for good; or with `dryRun` would be." });

/** A group in a path. */
export const TemplatePath = z.object({
  group: z.string().min(1).max(MAX_NAME_LENGTH).describe("The group's name, percent-encoded."),
});

/** All templates. */
export const TemplatesList = z
  .object({
    revision: z.int().describe("The newest revision of all."),
    templates: z.array(z.object({ group: z.string(), template: Template })).describe("Ordered by group."),
  })
  .meta({ id: "TemplatesList", description: "Groups whose services have otherwise than the defaults." });

/** All alarms. */
export const AlarmsList = z
  .object({ alarms: z.array(MassExpiryDocument).describe("Ordered by service.") })
  .meta({ id: "AlarmsList", description: "Services of which too many instances fell silent at once." });

/** What an accepted alarm did. */
export const AcceptedLoss = z
  .object({ service: z.string(), expired: z.int().describe("How many instances expire by it.") })
  .meta({ id: "AcceptedLoss", description: "An alarm that was accepted: its silent instances expire." });
