import type { HttpAnswer } from "../transport.ts";

/** A refusal that a person can read, as problem document (RFC 9457). */
export function problem(status: number, detail: string): HttpAnswer {
  const body = Buffer.from(`${JSON.stringify({ status, title: TITLES.get(status) ?? "Error", detail })}\n`);
  return { status, contentType: "application/problem+json", body };
}

const TITLES: ReadonlyMap<number, string> = new Map([
  [400, "Bad Request"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [413, "Content Too Large"],
  [415, "Unsupported Media Type"],
  [429, "Too Many Requests"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
]);
