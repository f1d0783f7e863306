import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { FairleadError } from "../errors.ts";
import { placeFaults } from "./place-faults.ts";
import { PROBLEM_TYPE, problemOf } from "./problem.ts";
import type { ProblemDocument } from "./schemas/problem.ts";

/** When what is not possible now may be tried again, s. */
const RETRY_AFTER_S = 1;

/**
 * Makes every answer that is not a success an `application/problem+json` document: what routes throw, what Fastify
 * finds wrong (no such path, body too large, wrong media type), and what breaks unexpectedly (500, logged, told without
 * inner detail).
 */
export function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toFairleadError(error, request);
    if (known) return answer(request, reply, problemOf(known, { faults: placeFaults(known.faults, request) }));
    log.error({ err: error, path: pathOf(request) }, "an admin request failed unexpectedly");
    const defect = new FairleadError("defect", "The request failed; the log of the control plane has the error.");
    return answer(request, reply, problemOf(defect));
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${pathOf(request)} here; GET /openapi.json lists what there is.`;
    return answer(request, reply, problemOf(new FairleadError("path-unknown", message)));
  });
}

/** Answers a path that cannot be read; no route, and so no error handler, is found for it. */
export function answerUnreadablePath(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  answer(request, reply, problemOf(new FairleadError("request-unreadable", error.message)));
}

function answer(request: FastifyRequest, reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  // Serialized here: the routes' own serializers know the shape of successes.
  const body = JSON.stringify({ ...problem, instance: pathOf(request) });
  const retryAfter = problem.retryAfter ?? (problem.status === 503 ? RETRY_AFTER_S : undefined);
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(String).send(body);
}

/** The path alone: a query may be long. */
function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0]!.slice(0, 1_000);
}

function toFairleadError(error: FastifyError, request: FastifyRequest): FairleadError | undefined {
  if (error instanceof FairleadError) return error;
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    const limit = request.routeOptions.bodyLimit;
    return new FairleadError("body-too-large", `The body is larger than ${limit} bytes (admin.maxBodyBytes).`);
  }
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return new FairleadError("media-type", "Send the body as JSON, with `content-type: application/json`.");
  }
  return (error.statusCode ?? 500) < 500 ? new FairleadError("request-unreadable", error.message) : undefined;
}
