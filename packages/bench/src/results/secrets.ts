import type { DriverPlan, HttpTemplate, Plan } from "../plan/plan.ts";

const LEFT_OUT = "(left out)";
const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|x-api-key|.*(token|secret|password).*)$/i;

const SECRET_PARAMETER = /([?&][^=&]*(?:token|secret|password|key)[^=&]*=)[^&#\s]*/gi;

/** The plan as a result tells it: tokens, headers that hold one, and passwords in URLs are replaced. */
export function withoutSecrets(plan: Plan): Plan {
  const { prometheusUrl } = plan.server;
  return {
    ...plan,
    driver: withoutDriverSecrets(plan.driver),
    server: { ...plan.server, ...(prometheusUrl !== undefined && { prometheusUrl: withoutPassword(prometheusUrl) }) },
  };
}

function withoutDriverSecrets(driver: DriverPlan): DriverPlan {
  if (driver.kind === "fairlead") {
    const { token, adminUrl } = driver;
    return { ...driver, adminUrl: withoutPassword(adminUrl), ...(token !== undefined && { token: LEFT_OUT }) };
  }
  if (driver.kind === "registry") return { ...driver, adminUrl: withoutPassword(driver.adminUrl) };
  if (driver.kind !== "http") return driver;
  const { setup, teardown } = driver;
  return {
    ...driver,
    change: withoutTemplateSecrets(driver.change),
    ...(setup !== undefined && { setup: withoutTemplateSecrets(setup) }),
    ...(teardown !== undefined && { teardown: withoutTemplateSecrets(teardown) }),
  };
}

function withoutTemplateSecrets(template: HttpTemplate): HttpTemplate {
  const headers = Object.entries(template.headers).map(([name, value]) => [
    name,
    SECRET_HEADER.test(name) ? LEFT_OUT : value,
  ]);
  return { ...template, url: withoutPassword(template.url), headers: Object.fromEntries(headers) };
}

/** Passwords, and parameters named like one. Also of templates, which need not be URLs yet. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, "$1").replace(SECRET_PARAMETER, `$1${LEFT_OUT}`);
}
