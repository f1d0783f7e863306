const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PER_SECOND: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const BYTES: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
};
const NUMBER = String.raw`\d+(?:\.\d+)?`;

/** `60s`, `500ms`, `1m30s` in ms; `undefined` for what is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(`^(?:${NUMBER}(?:ms|s|m|h|d))+$`).test(text)) return undefined;
  const parts = text.matchAll(new RegExp(`(${NUMBER})(ms|s|m|h|d)`, "g"));
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * DURATION_MS[unit!]!, 0);
}

/** Ms in the largest unit that needs no fraction: what {@link parseDuration} reads. */
export function formatDuration(ms: number): string {
  const unit = Object.keys(DURATION_MS).findLast((one) => ms % DURATION_MS[one]! === 0 && ms >= DURATION_MS[one]!);
  return unit === undefined ? `${ms}ms` : `${ms / DURATION_MS[unit]!}${unit}`;
}

/** `10/s`, `600/m` a second; `undefined` for what is no rate. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit] = new RegExp(`^(${NUMBER})/(s|m|h)$`).exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) / PER_SECOND[unit]!;
}

/** `16KiB`, `1.5MB`, `100B` in bytes; `undefined` for what is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = new RegExp(`^(${NUMBER}) ?(B|[kKMG]i?B)$`).exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * BYTES[unit.toLowerCase()]!;
}

/** `90%` or `0.9`; `undefined` for what is no share, that is, not from 0 to 1. */
export function parseShare(text: string): number | undefined {
  const [, amount, percent] = new RegExp(`^(${NUMBER}) ?(%?)$`).exec(text) ?? [];
  if (amount === undefined) return undefined;
  const share = Number(amount) / (percent === "%" ? 100 : 1);
  return share <= 1 ? share : undefined;
}
