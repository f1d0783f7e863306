import { TYPE_URLS } from "@fairlead/envoy-api";
import { problem } from "../http/problem.ts";
import type { HttpAnswer, HttpHead } from "../transport.ts";

/** Discovery by REST: the paths of Envoy's protos (`google.api.http`), and their types (protocol.md S2). */
const TYPE_URL_BY_PATH: ReadonlyMap<string, string> = new Map([
  ["/v3/discovery:listeners", TYPE_URLS.listener],
  ["/v3/discovery:routes", TYPE_URLS.routes],
  ["/v3/discovery:clusters", TYPE_URLS.cluster],
  ["/v3/discovery:endpoints", TYPE_URLS.endpoints],
  ["/v3/discovery:scoped-routes", TYPE_URLS.scopedRoutes],
  ["/v3/discovery:secrets", TYPE_URLS.secret],
  ["/v3/discovery:runtime", TYPE_URLS.runtime],
  ["/v3/discovery:extension_configs", TYPE_URLS.extensionConfig],
]);

/** Judges a request by its head: the type that it polls for, or a refusal; `undefined`: its path is not of REST. */
export function readRestHead({ path, method, contentType }: HttpHead): string | HttpAnswer | undefined {
  const typeUrl = TYPE_URL_BY_PATH.get(path);
  if (typeUrl === undefined) return undefined;
  if (method !== "POST") return problem(405, `${path} takes POST, not ${method}`);
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    return problem(415, `the content-type is application/json, not ${contentType || "none"}`);
  }
  return typeUrl;
}
