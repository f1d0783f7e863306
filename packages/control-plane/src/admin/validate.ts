import { nearest } from "@fairlead/envoy-api";
import type { FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import { pointerOf } from "../validation/pointer.ts";

/** Characters of an unknown name that are repeated. */
const MAX_SHOWN = 60;

const PART_NAMES: Readonly<Record<string, string>> = { querystring: "query", params: "path" };

/** Checks each part of a request by its zod schema; every issue becomes a fault, for the body with its JSON pointer. */
export const validateByZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = "body" }) => {
  const part = PART_NAMES[httpPart] ?? httpPart;
  return (value: unknown) => {
    const result = schema.safeParse(value);
    if (result.success) return { value: result.data };
    const faults = unknownFirst(result.error.issues).map((issue) => faultOf(issue, part, schema));
    const [{ pointer, message }] = faults as [Fault, ...Fault[]];
    const place = pointer === "" ? "" : `${pointer}: `;
    return { error: new FairleadError("request-invalid", `The request's ${part}: ${place}${message}`, { faults }) };
  };
};

/** A misspelt field is told before the one that is missing for it. */
function unknownFirst(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const isUnknown = ({ code }: z.core.$ZodIssue) => code === "unrecognized_keys";
  return [...issues.filter(isUnknown), ...issues.filter((issue) => !isUnknown(issue))];
}

function faultOf(issue: z.core.$ZodIssue, part: string, schema: z.ZodType): Fault {
  const { path, code } = issue;
  const isBody = part === "body";
  const rule = `request.${code.replaceAll("_", "-")}`;
  const isUnknown = code === "unrecognized_keys";
  const message = isUnknown
    ? unknown(isBody ? "field" : "parameter", issue.keys, keysAt(schema, path))
    : worded(issue.message);
  if (isBody) return { severity: "error", rule, message, pointer: pointerOf(path) };
  return { severity: "error", rule, message: isUnknown ? message : `${path.join(".")}: ${message}`, pointer: "" };
}

/** Zod says of what is not there that it is `undefined`. */
function worded(message: string): string {
  return message.replace(/^Invalid input: (expected .+), received undefined$/, "it is missing; $1");
}

function unknown(what: string, keys: readonly string[], known: readonly string[]): string {
  const key = keys[0] ?? "";
  const near = nearest(key, known);
  const mend = near ? `did you mean ${near}?` : `known here: ${known.join(", ")}`;
  return `unknown ${what} ${key.slice(0, MAX_SHOWN)}; ${mend}`;
}

/** The names that an object takes, at a place in what a schema describes. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = bare(schema);
  for (const segment of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[String(segment)]);
    else if (at instanceof z.ZodArray) at = bare(at.element);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** What an optional or defaulted schema is of. */
function bare(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault) at = at.unwrap();
  return at;
}
