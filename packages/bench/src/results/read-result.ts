import { z } from "zod";
import { BenchError } from "../errors.ts";
import type { Result } from "./result.ts";
import { RESULT_FORMAT, RESULT_VERSION, resultSchema } from "./schema.ts";

/** Faults that a message names. */
const NAMED_FAULTS = 3;

/**
 * Reads what a run left.
 *
 * @param place the file's name, for messages
 * @throws BenchError `result-unreadable`: no JSON, no result, of a newer format, or damaged
 */
export function readResult(text: string, place: string): Result {
  const json = parseJson(text, place);
  const { format, formatVersion } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  if (format !== RESULT_FORMAT) {
    throw unreadable(`${place} is no result of fairlead bench: it has no "format": "${RESULT_FORMAT}"`);
  }
  if (formatVersion !== RESULT_VERSION) {
    const mend = "read it with the version of fairlead that wrote it";
    throw unreadable(
      `${place} has format ${JSON.stringify(formatVersion)}, this version reads ${RESULT_VERSION}: ${mend}`,
    );
  }
  const { success, error } = resultSchema.safeParse(json);
  // What was read, not what the schema makes of it: a later minor version may hold more.
  if (success) return json as Result;
  const faults = error.issues
    .slice(0, NAMED_FAULTS)
    .map((issue) => `${z.core.toDotPath(issue.path)}: ${issue.message}`);
  const more = error.issues.length > NAMED_FAULTS ? `; ${error.issues.length - NAMED_FAULTS} more` : "";
  throw unreadable(`${place} is damaged: ${faults.join("; ")}${more}: take the file as the run wrote it`);
}

/** The file of a result: JSON, a field a line; of lists, an item a line. */
export function formatResult(result: Result): string {
  const fields = Object.entries(result).map(([name, value]) => `  ${JSON.stringify(name)}: ${formatField(value)}`);
  return `{\n${fields.join(",\n")}\n}\n`;
}

function formatField(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");
  if (value.length === 0) return "[]";
  return `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`;
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${place} is no JSON: ${(cause as Error).message}: was the run ended while it wrote?`, cause);
  }
}

function unreadable(message: string, cause?: unknown): BenchError {
  return new BenchError("result-unreadable", message, { cause });
}
