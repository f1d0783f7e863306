import { ProblemDocument } from "./problem.ts";

const MEANING = {
  400: "The request is invalid; `faults` has one entry per fault, and nothing was changed.",
  404: "There is no such thing.",
  410: "It was, and is no longer kept: `oldest` has the oldest revision that is.",
  409: "It contradicts what is there, or what is being done; nothing was changed.",
  412: "What is there is not what `If-Match`, `If-None-Match` or `plan` asks for; nothing was changed.",
  413: "The body is too large.",
  424: "The change was made, and proxies rejected it: `wait` says who and why. With `wait=acked` only.",
  503: "Not now; try again.",
  507: "There is no room for it; nothing was changed.",
} as const;

/** Adds the problem documents that a route may answer with to its responses. */
export function withProblems<R extends object>(responses: R, ...statuses: (keyof typeof MEANING)[]): R {
  const problems = statuses.map((status) => [
    status,
    { description: MEANING[status], content: { "application/problem+json": { schema: ProblemDocument } } },
  ]);
  return { ...responses, ...Object.fromEntries(problems) };
}
