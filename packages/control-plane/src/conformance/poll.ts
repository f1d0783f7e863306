import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { Mismatch, Unsupported } from "./mismatch.ts";
import type { TargetOptions } from "./options.ts";

/** The paths of xDS by REST, in the protos' `google.api.http`. */
const PATHS: ReadonlyMap<string, string> = new Map([
  [TYPE_URLS.listener, "listeners"],
  [TYPE_URLS.routes, "routes"],
  [TYPE_URLS.cluster, "clusters"],
  [TYPE_URLS.endpoints, "endpoints"],
  [TYPE_URLS.scopedRoutes, "scoped-routes"],
  [TYPE_URLS.secret, "secrets"],
  [TYPE_URLS.runtime, "runtime"],
  [TYPE_URLS.extensionConfig, "extension_configs"],
]);

/** What is polled. */
export interface PollRequest {
  readonly node: string;
  readonly typeUrl: string;
  /** Left out: all. */
  readonly names?: readonly string[];
  /** Of the last answer that was taken. Left out: none was. */
  readonly version?: string;
}

/** What a poll was answered. */
export type PollAnswer =
  | { readonly kind: "unchanged" }
  | { readonly kind: "content"; readonly version: string; readonly names: readonly string[] };

/**
 * Polls by REST, on the port of xDS unless told otherwise.
 *
 * @throws Unsupported if the server has no REST; Mismatch for what no poll may be answered
 */
export async function poll(target: TargetOptions, { node, typeUrl, names, version }: PollRequest): Promise<PollAnswer> {
  const body = JSON.stringify({
    node: { id: node, cluster: node },
    type_url: typeUrl,
    ...(names && { resource_names: names }),
    ...(version !== undefined && { version_info: version }),
  });
  const { status, text } = await post(target, `/v3/discovery:${PATHS.get(typeUrl)}`, body);
  if (status === 304) return { kind: "unchanged" };
  if (status === 404 || status === 405 || status === 501) throw new Unsupported(`REST is answered ${status}`);
  if (status !== 200) throw new Mismatch("200 or 304", `${status}: ${text.slice(0, 300)}`);
  return read(text);
}

function read(text: string): PollAnswer {
  const answer = parse(text);
  const version = answer.version_info ?? answer.versionInfo;
  const resources = answer.resources ?? [];
  const names = resources.map((one) => one.name ?? one.cluster_name ?? one.clusterName ?? "");
  return { kind: "content", version: version ?? "", names: names.sort() };
}

interface AnswerJson {
  readonly version_info?: string;
  readonly versionInfo?: string;
  readonly resources?: readonly {
    readonly name?: string;
    readonly cluster_name?: string;
    readonly clusterName?: string;
  }[];
}

function parse(text: string): AnswerJson {
  try {
    return JSON.parse(text) as AnswerJson;
  } catch {
    throw new Mismatch("a DiscoveryResponse in JSON", text.slice(0, 300));
  }
}

function post({ target, restTarget = target, tls, timeoutMs }: TargetOptions, path: string, body: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const options = { method: "POST", headers, timeout: timeoutMs, agent: false };
  const url = `${tls ? "https" : "http"}://${restTarget}${path}`;
  const pem = (value: string | Uint8Array) => (typeof value === "string" ? value : Buffer.from(value));
  const secured = tls && {
    ...(tls.ca && { ca: pem(tls.ca) }),
    ...(tls.cert && { cert: pem(tls.cert) }),
    ...(tls.key && { key: pem(tls.key) }),
  };
  const request = tls ? requestHttps(url, { ...options, ...secured }) : requestHttp(url, options);
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    response.on("error", () => reject(new Mismatch("a whole answer", "a part of one")));
  });
  request.on("timeout", () => request.destroy(new Mismatch("an answer", `nothing within ${timeoutMs} ms`)));
  // A server of gRPC alone does not understand HTTP/1.1.
  request.on("error", (error) => {
    reject(error instanceof Mismatch ? error : new Unsupported(`no HTTP/1.1 on that port: ${error.message}`));
  });
  request.end(body);
  return promise;
}
