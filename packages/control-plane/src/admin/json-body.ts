import type { FastifyInstance, FastifyRequest } from "fastify";
import { FairleadError } from "../errors.ts";
import { findJsonError, positionAt } from "./json-position.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The text of its JSON body, so that faults can name line and column. */
    bodyText: string | undefined;
  }
}

/** Makes `application/json` the only accepted body, and tells line and column of a body that is not JSON. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.decorateRequest("bodyText", undefined);
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request: FastifyRequest, text: string, done) => {
    // An empty body of a DELETE that sends the header all the same.
    if (text === "") return done(null, undefined);
    request.bodyText = text;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (error) {
      return done(invalidJson(text, error as SyntaxError));
    }
    done(null, body);
  });
}

function invalidJson(text: string, error: SyntaxError): FairleadError {
  // The engine's own idea of the place is there for some errors only.
  const message = error.message.replace(/ in JSON at position .*/s, "");
  const { line, column } = positionAt(text, findJsonError(text) ?? text.length);
  return new FairleadError("json-invalid", `The body is not JSON: line ${line}, column ${column}: ${message}`, {
    faults: [{ severity: "error", rule: "json.syntax", message, pointer: "", line, column }],
  });
}
