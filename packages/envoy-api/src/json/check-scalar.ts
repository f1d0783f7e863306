import { type DescEnum, ScalarType } from "@bufbuild/protobuf";

const INTEGER_RANGES: ReadonlyMap<ScalarType, readonly [bigint, bigint]> = new Map([
  ...[ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32].map(
    (it) => [it, [-(2n ** 31n), 2n ** 31n - 1n]] as const,
  ),
  ...[ScalarType.UINT32, ScalarType.FIXED32].map((it) => [it, [0n, 2n ** 32n - 1n]] as const),
  ...[ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64].map(
    (it) => [it, [-(2n ** 63n), 2n ** 63n - 1n]] as const,
  ),
  ...[ScalarType.UINT64, ScalarType.FIXED64].map((it) => [it, [0n, 2n ** 64n - 1n]] as const),
]);

const MAX_FLOAT = 3.4028234663852886e38;
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** What ProtoJSON takes for a scalar, in words, where `json` is not that; `undefined` where it is. */
export function expectedScalar(scalar: ScalarType, json: unknown): string | undefined {
  switch (scalar) {
    case ScalarType.STRING:
      if (typeof json !== "string") return "string";
      return json.isWellFormed() ? undefined : "string of whole Unicode characters";
    case ScalarType.BOOL:
      return typeof json === "boolean" ? undefined : "true or false";
    case ScalarType.BYTES:
      return typeof json === "string" && isBase64(json) ? undefined : "bytes in base64";
    case ScalarType.DOUBLE:
      return isFloat(json, Number.MAX_VALUE) ? undefined : "number";
    case ScalarType.FLOAT:
      return isFloat(json, MAX_FLOAT) ? undefined : "number within 32-bit range";
    default:
      return expectedInteger(scalar, json);
  }
}

/** The plain or the URL alphabet, padded or not. A single character left over is half a byte. */
function isBase64(text: string): boolean {
  const [, digits] = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text) ?? [];
  return digits !== undefined && digits.length % 4 !== 1;
}

function isFloat(json: unknown, max: number): boolean {
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") return true;
  if (typeof json === "string") return DECIMAL.test(json) && Math.abs(Number(json)) <= max;
  return typeof json === "number" && Math.abs(json) <= max;
}

function expectedInteger(scalar: ScalarType, json: unknown): string | undefined {
  const [min, max] = INTEGER_RANGES.get(scalar) ?? [0n, 0n];
  const value = integerOf(json, max < 2n ** 53n);
  return value !== undefined && value >= min && value <= max ? undefined : `integer from ${min} to ${max}`;
}

/** protobuf-es takes an exponent ("1e3") in strings for 32-bit integers only. */
function integerOf(json: unknown, mayHaveExponent: boolean): bigint | undefined {
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : undefined;
  if (typeof json !== "string") return undefined;
  if (/^-?\d+$/.test(json)) return BigInt(json);
  if (!mayHaveExponent || !DECIMAL.test(json)) return undefined;
  const value = Number(json);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** What ProtoJSON takes for a map's key, in words, where `key` is not that; `undefined` where it is. */
export function expectedKey(scalar: ScalarType, key: string): string | undefined {
  if (scalar === ScalarType.BOOL) return key === "true" || key === "false" ? undefined : '"true" or "false"';
  return expectedScalar(scalar, key);
}

/** Names and numbers of an enum; any 32-bit number where the enum is open, as proto3's are. */
export function isEnumValue(desc: DescEnum, json: unknown): boolean {
  if (typeof json === "string") return desc.values.some((it) => it.name === json);
  if (expectedScalar(ScalarType.INT32, json) !== undefined || typeof json !== "number") return false;
  return desc.open || desc.values.some((it) => it.number === json);
}
