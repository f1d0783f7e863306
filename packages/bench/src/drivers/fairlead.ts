import { BenchError } from "../errors.ts";
import type { DriverPlan, Workload } from "../plan/plan.ts";
import { changeContent } from "./change-content.ts";
import type { Driver } from "./driver.ts";
import { openRequests } from "./request.ts";

/** Changes that are under way at a time. */
const AT_ONCE = 4;
/** Resources of one request: Fairlead takes 64 MiB (`admin.maxBodyBytes`), and a resource may have 250 endpoints. */
const MAX_RESOURCES_PER_REQUEST = 1_000;
/** The most entries of one answer of the admin API. */
const PAGE = 1_000;

/**
 * Fairlead's admin API: the group gets the workload at first, then each change upserts what it touches, validated and committed as any
 * change is. A group in which the API manages anything else is refused, since a run replaces all of that; at the end it is withdrawn.
 */
export function fairleadDriver(plan: Extract<DriverPlan, { kind: "fairlead" }>, workload: Workload): Driver {
  const { group, token } = plan;
  const resources = `${plan.adminUrl.replace(/\/$/, "")}/v1/groups/${encodeURIComponent(group)}/resources`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const requests = openRequests(AT_ONCE);
  const content = changeContent(workload);
  let isOurs = false;

  const send = (method: string, members: string) =>
    requests.send({ method, url: resources, headers, body: `{${members}}` });
  /** Names of what the API manages of the group; a group that is not there has nothing. */
  const managed = async (): Promise<string[]> => {
    const names: string[] = [];
    let after: string | undefined;
    do {
      const query = new URLSearchParams({ owner: "api", limit: String(PAGE), ...(after !== undefined && { after }) });
      const text = await requests.send({ method: "GET", url: `${resources}?${query}`, headers, ifAbsent: "{}" });
      const page = readPage(text, resources);
      names.push(...(page.resources ?? []).map(({ name }) => name));
      after = page.next;
    } while (after !== undefined);
    return names;
  };
  return {
    atOnce: AT_ONCE,
    async setup() {
      const isNamed = namePattern(workload.nameTemplate);
      const foreign = (await managed()).filter((name) => !isNamed.test(name));
      if (foreign.length > 0) {
        const some = foreign.slice(0, 3).join(", ");
        throw new BenchError(
          "driver-failed",
          `the admin API manages ${foreign.length} other resources of the group ${group} (${some}), which a run would replace: ` +
            "give the load test a group of its own (--group), or delete them",
        );
      }
      for (let from = 0; from < workload.count; from += MAX_RESOURCES_PER_REQUEST) {
        const length = Math.min(MAX_RESOURCES_PER_REQUEST, workload.count - from);
        const some = Array.from({ length }, (_, index) => from + index);
        const text = content.resourcesOf({ sequence: 0, resources: some });
        await (from === 0 ? send("PUT", `"resources":[${text}]`) : send("PATCH", `"upsert":[${text}]`));
        isOurs = true;
      }
    },
    async change(change) {
      await send("PATCH", `"upsert":[${content.resourcesOf(change)}]`);
    },
    async teardown() {
      try {
        if (isOurs) await requests.send({ method: "DELETE", url: resources, headers });
      } finally {
        requests.close();
      }
    },
  };
}

interface Page {
  readonly resources?: readonly { readonly name: string }[];
  readonly next?: string;
}

function readPage(text: string, url: string): Page {
  try {
    return JSON.parse(text) as Page;
  } catch (cause) {
    throw new BenchError("driver-failed", `GET ${url} was answered by no JSON: is it Fairlead's admin API?`, { cause });
  }
}

/** Matches the names that a template makes. */
function namePattern(template: string): RegExp {
  const texts = template.split(/\{i(?::\d+)?\}/).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${texts.join("\\d+")}$`);
}
