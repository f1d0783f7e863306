import type { DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { expectedScalar } from "./check-scalar.ts";

const MAX_DURATION_SECONDS = 315_576_000_000;

/**
 * Types with a JSON form of their own but `Any`: what is expected in words where `json` is not that, `"fits"` where it
 * is, `undefined` for any other type.
 */
export function expectedWellKnown(desc: DescMessage, json: unknown): string | undefined {
  const check = CHECKS[desc.typeName];
  if (check !== undefined) return check.fits(json) ? "fits" : check.expected;
  const inner = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  if (inner?.fieldKind !== "scalar") return undefined;
  return expectedScalar(inner.scalar, json) ?? "fits";
}

interface Check {
  readonly expected: string;
  readonly fits: (json: unknown) => boolean;
}

const CHECKS: Readonly<Record<string, Check>> = {
  "google.protobuf.Duration": { expected: 'duration in seconds ("1.5s")', fits: isDuration },
  "google.protobuf.Timestamp": { expected: 'time ("2026-01-31T12:00:00Z")', fits: isTimestamp },
  "google.protobuf.FieldMask": { expected: 'field mask ("a,b.c")', fits: (json) => typeof json === "string" },
  "google.protobuf.Struct": { expected: "object", fits: isObject },
  "google.protobuf.ListValue": { expected: "array", fits: Array.isArray },
  "google.protobuf.Value": { expected: "any value", fits: () => true },
};

/** True for what JSON calls an object. */
export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isDuration(json: unknown): boolean {
  if (typeof json !== "string" || !/^-?\d+(\.\d{1,9})?s$/.test(json)) return false;
  return Math.abs(Number.parseFloat(json)) <= MAX_DURATION_SECONDS;
}

function isTimestamp(json: unknown): boolean {
  if (typeof json !== "string") return false;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(json) && !Number.isNaN(Date.parse(json));
}
