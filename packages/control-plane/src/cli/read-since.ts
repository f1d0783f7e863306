import { FairleadError } from "../errors.ts";

const MS_BY_UNIT: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time in RFC 3339 from `30m`, `2h`, `3d` before now, or from a date with or without a time.
 *
 * @throws FairleadError `usage`
 */
export function readSince(text: string, nowMs: number): string {
  const [, amount, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const at = amount === undefined ? Date.parse(text) : nowMs - Number(amount) * MS_BY_UNIT[unit]!;
  const date = new Date(at);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new FairleadError("usage", `--since ${text}: expected 30m, 2h or 3d, or a time such as 2026-11-23T06:00:00Z`);
}
