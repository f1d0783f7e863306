import { ProblemDocument } from "./problem.ts";

const MEANING = {
  400: "The request is invalid; `faults` has one entry per fault, and nothing was changed.",
  404: "There is no such thing.",
  409: "It contradicts what is there, or what is being done; nothing was changed.",
  412: "The group is not at the revision that `If-Match` or `If-None-Match` asks for; nothing was changed.",
  413: "The body is too large.",
  424: "The change was made, and proxies rejected it: `wait` says who and why. With `wait=acked` only.",
  503: "Not now; try again.",
} as const;

/** Adds the problem documents that a route may answer with to its responses. */
export function withProblems<R extends object>(responses: R, ...statuses: (keyof typeof MEANING)[]): R {
  const problems = statuses.map((status) => [
    status,
    { description: MEANING[status], content: { "application/problem+json": { schema: ProblemDocument } } },
  ]);
  return { ...responses, ...Object.fromEntries(problems) };
}
