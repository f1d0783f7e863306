import type { ClientStatus } from "@fairlead/xds";
import type { Logger } from "pino";
import type { Includes } from "../groups/includes.ts";
import type { StoredRules } from "../groups/stored-rules.ts";
import type { Profiler } from "../profiles/profiler.ts";
import type { Registry } from "../registry/registry.ts";
import type { TemplateChecks } from "../registry/resources/check-templates.ts";
import type { Replicas } from "../replicas/replicas.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { TypeRegistry } from "../types/type-registry.ts";
import type { Committer } from "../validation/commit.ts";
import type { Fault } from "../validation/fault.ts";
import type { ApiResources } from "./api-resources.ts";
import type { EventLog } from "./event-log.ts";
import type { RevisionHistory } from "./revision-history.ts";
import type { ReadinessDocument, ServerDocument } from "./schemas/health.ts";

/** What the admin API shows and changes. */
export interface AdminContext {
  readonly store: Store;
  /** The services that announce themselves. */
  readonly registry: Registry;
  /** What checks and makes commits to it. */
  readonly committer: Committer;
  /** Whether what services and groups have otherwise would make resources. */
  readonly templates: TemplateChecks;
  /** Which types there are, now. */
  readonly types: TypeRegistry;
  /** What the admin API itself manages in the store. */
  readonly apiResources: ApiResources;
  /** Connected proxies and observers, as they are now. */
  readonly clients: () => Iterable<ClientStatus>;
  /** Which group serves a node. */
  readonly rules: StoredRules;
  /** Which groups include which. */
  readonly includes: Includes;
  /** The groups whose proxies a change of a group reaches, made at that revision: itself, and those that include it. */
  readonly reachOf: (group: string, revision: number) => ReadonlySet<string>;
  /** Groups that nobody defines any more, and whose proxies keep what they have. */
  readonly deletedGroups: () => Iterable<string>;
  /** Lets the proxies of a deleted group go where they belong without it; `false`: there is no such deleted group. */
  readonly forgetGroup: (group: string) => boolean;
  /** What is wrong with a group's newest input; empty: nothing, it is served. */
  readonly faultsOf: (group: string) => readonly Fault[];
  /** Those who serve this store. */
  readonly replicas: Replicas;
  readonly readiness: () => ReadinessDocument;
  readonly server: () => ServerDocument;
  /** What the newest commits did. */
  readonly history: RevisionHistory;
  /** What happened lately, and happens. */
  readonly events: EventLog;
  readonly metrics: Metrics;
  /** Profiles of the thread that serves. */
  readonly profiler: Profiler;
  readonly log: Logger;
  /** Aborted when the control plane shuts down: waits end. */
  readonly closing: AbortSignal;
}
