import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";
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
    const faults = result.error.issues.map((issue) => faultOf(issue, part));
    return { error: new FairleadError("request-invalid", `The request's ${part}: ${faults[0]!.message}`, { faults }) };
  };
};

function faultOf({ path, message, code }: z.core.$ZodIssue, part: string): Fault {
  const rule = `request.${code.replaceAll("_", "-")}`;
  if (part === "body") return { severity: "error", rule, message, pointer: pointerOf(path) };
  return { severity: "error", rule, message: `${path.join(".")}: ${message}`, pointer: "" };
}
