import { nearest } from "@fairlead/envoy-api";
import type { FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import { pointerOf } from "../validation/pointer.ts";

const PART_NAMES: Readonly<Record<string, string>> = { querystring: "query", params: "path" };

/** Checks each part of a request by its zod schema; every issue becomes a fault, for the body with its JSON pointer. */
export const validateByZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = "body" }) => {
  const part = PART_NAMES[httpPart] ?? httpPart;
  return (value: unknown) => {
    const result = schema.safeParse(value);
    if (result.success) return { value: result.data };
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const faults = result.error.issues.map((issue) => faultOf(issue, part, known));
    return { error: new FairleadError("request-invalid", `The request's ${part}: ${faults[0]!.message}`, { faults }) };
  };
};

function faultOf(issue: z.core.$ZodIssue, part: string, known: readonly string[]): Fault {
  const { path, message, code } = issue;
  const rule = `request.${code.replaceAll("_", "-")}`;
  if (part === "body") return { severity: "error", rule, message, pointer: pointerOf(path) };
  if (issue.code === "unrecognized_keys") {
    return { severity: "error", rule, message: unknownParameters(issue.keys, known), pointer: "" };
  }
  return { severity: "error", rule, message: `${path.join(".")}: ${message}`, pointer: "" };
}

function unknownParameters(keys: readonly string[], known: readonly string[]): string {
  const key = keys[0] ?? "";
  const near = nearest(key, known);
  return `unknown parameter ${key}; ${near ? `did you mean ${near}?` : `known here: ${known.join(", ")}`}`;
}
