import type { Unit } from "./metrics.ts";

/** A number for people, with its unit: `12.3 ms`, `1.5 MiB`, `81 %`, `5,000/s`. Three digits or so. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case "ms":
      return Math.abs(value) >= 10_000 ? `${formatNumber(value / 1_000)} s` : `${formatNumber(value)} ms`;
    case "µs":
      return Math.abs(value) >= 10_000 ? formatValue(value / 1_000, "ms") : `${formatNumber(value)} µs`;
    case "bytes":
      return formatBytes(value);
    case "bytes/h":
      return `${formatBytes(value)}/h`;
    case "bytes/s":
      return `${formatBytes(value)}/s`;
    case "1/s":
      return `${formatNumber(value)}/s`;
    case "share":
      return `${formatNumber(value * 100)} %`;
    case "count":
      return formatNumber(value);
  }
}

/** From the lowest to the highest: `17 to 17.1 ms`, `900 ms to 1.2 s`. A unit that both have is told once. */
export function formatRange(min: number, max: number, unit: Unit): string {
  const [low, high] = [formatValue(min, unit), formatValue(max, unit)];
  const suffix = /[^\d.,]*$/.exec(high)![0];
  return suffix !== "" && low.endsWith(suffix) ? `${low.slice(0, -suffix.length)} to ${high}` : `${low} to ${high}`;
}

/** `0.042`, `1.25`, `12.3`, `1,234`: at least three digits, no more than are of use. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0005) return value.toExponential(1);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

const BYTE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `512 bytes`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.abs(bytes) < 1_024 ? 0 : Math.floor(Math.log2(Math.abs(bytes)) / 10);
  const index = Math.min(power, BYTE_UNITS.length - 1);
  return `${formatNumber(index === 0 ? Math.round(bytes) : bytes / 1_024 ** index)} ${BYTE_UNITS[index]}`;
}
