import type { FastifyInstance, FastifyRequest } from "fastify";
import { FairleadError } from "../errors.ts";
import { findJsonError, positionAt } from "./json-position.ts";

/** The text of a request's JSON body, kept until it is answered, so that faults can name line and column. */
const textByRequest = new WeakMap<FastifyRequest, string>();

/** The text of a request's body; `undefined` where it has none. */
export function textOf(request: FastifyRequest): string | undefined {
  return textByRequest.get(request);
}

/** Makes `application/json` the only accepted body, and tells line and column of a body that is not JSON. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, async (request: FastifyRequest, text: string) => {
    // An empty body of a DELETE that sends the header all the same.
    if (text === "") return undefined;
    textByRequest.set(request, text);
    return parse(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidJson(text, error as SyntaxError);
  }
}

function invalidJson(text: string, error: SyntaxError): FairleadError {
  // The engine's own idea of the place is there for some errors only.
  const message = error.message.replace(/ in JSON at position .*/s, "");
  const { line, column } = positionAt(text, findJsonError(text) ?? text.length);
  return new FairleadError("json-invalid", `The body is not JSON: line ${line}, column ${column}: ${message}`, {
    faults: [{ severity: "error", rule: "json.syntax", message, pointer: "", line, column }],
  });
}
