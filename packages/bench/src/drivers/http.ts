import { CHANGE_PLACEHOLDERS, type ChangePlaceholder } from "../plan/placeholders.ts";
import type { DriverPlan, HttpTemplate, Workload } from "../plan/plan.ts";
import { fillTemplate, mentions } from "../plan/template.ts";
import type { Change } from "../run/messages.ts";
import { markOf } from "../workload/mark.ts";
import { type ChangeContent, changeContent } from "./change-content.ts";
import type { Driver } from "./driver.ts";
import { type DriverRequest, openRequests } from "./request.ts";

/** Changes that are under way at a time. */
const AT_ONCE = 4;

/** A request for each change, made of the plan's templates; any status from 200 to 299 says that the server has taken it. */
export function httpDriver(plan: Extract<DriverPlan, { kind: "http" }>, workload: Workload): Driver {
  const requests = openRequests(AT_ONCE);
  const content = changeContent(workload);
  const start = { sequence: 0, resources: "all" } as const;
  return {
    atOnce: AT_ONCE,
    async setup() {
      if (plan.setup) await requests.send(requestOf(plan.setup, start, content));
    },
    async change(change) {
      await requests.send(requestOf(plan.change, change, content));
    },
    async teardown() {
      try {
        if (plan.teardown) await requests.send(requestOf(plan.teardown, start, content));
      } finally {
        requests.close();
      }
    },
  };
}

/** The template filled in for a change. */
export function requestOf(
  { method, url, headers, body }: HttpTemplate,
  change: Pick<Change, "sequence" | "resources">,
  content: ChangeContent,
): DriverRequest {
  const inUrl = (name: ChangePlaceholder) => encodeURIComponent(textOf(name, change, content)).replaceAll("%2C", ",");
  const inText = (name: ChangePlaceholder) =>
    name === "names" ? JSON.stringify(namesOf(change, content)) : textOf(name, change, content);
  return {
    method,
    url: filled(url, inUrl),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value, inText)])),
    body: body === undefined ? undefined : filled(body, inText),
  };
}

/** Only what the template mentions is made: the resources may be a megabyte. */
function filled(template: string, textOf: (name: ChangePlaceholder) => string): string {
  const mentioned = CHANGE_PLACEHOLDERS.filter((name) => mentions(template, name));
  return fillTemplate(template, Object.fromEntries(mentioned.map((name) => [name, textOf(name)])));
}

function textOf(
  name: ChangePlaceholder,
  change: Pick<Change, "sequence" | "resources">,
  content: ChangeContent,
): string {
  switch (name) {
    case "sequence":
      return String(change.sequence);
    case "mark":
      return markOf(change.sequence);
    case "i":
      return String(content.indicesOf(change)[0] ?? 0);
    case "indices":
      return change.resources === "all" ? "all" : change.resources.join(",");
    case "names":
      return namesOf(change, content).join(",");
    case "resources":
      return `[${content.resourcesOf(change)}]`;
  }
}

function namesOf(change: Pick<Change, "resources">, content: ChangeContent): string[] {
  return content.indicesOf(change).map((index) => content.nameOf(index));
}
